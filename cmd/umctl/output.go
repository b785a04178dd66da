package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// row is a line of a table for people.
type row struct{ name, value string }

// show prints an answer: the message itself as JSON, or the rows for people.
func (env *environment) show(m proto.Message, rows ...row) error {
	if env.flags.Output == "json" {
		return env.showJSON(m, "  ")
	}
	table := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintf(table, "%s\t%s\n", r.name, r.value)
	}
	return written(table.Flush())
}

// say prints an answer that has nothing in it but that it was done.
func (env *environment) say(m proto.Message, text string) error {
	if env.flags.Output == "json" {
		return env.showJSON(m, "  ")
	}
	_, err := fmt.Fprintln(env.stdout, text)
	return written(err)
}

// showJSON prints a message as JSON, on one line if nothing indents it.
func (env *environment) showJSON(m proto.Message, indent string) error {
	plain, err := protojson.MarshalOptions{EmitDefaultValues: true}.Marshal(m)
	if err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return writeJSON(env.stdout, plain, indent)
}

// writeJSON writes JSON in a form that stays the same: protojson varies its white space on purpose.
func writeJSON(w io.Writer, plain []byte, indent string) error {
	var b bytes.Buffer
	form := func() error { return json.Indent(&b, plain, "", indent) }
	if indent == "" {
		form = func() error { return json.Compact(&b, plain) }
	}
	if err := form(); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return written(err)
}

func written(err error) error {
	if err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return nil
}
