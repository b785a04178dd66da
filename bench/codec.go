package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// How many times faster than encoding/xml the codec should be.
const (
	encodeTarget = 30
	decodeTarget = 15
)

// codecRow is one message, read or written by the bridge and by encoding/xml.
type codecRow struct {
	direction, message string
	ours, theirs       figure // ns, by round
	objects, kept      float64
}

// codec runs the benchmarks of the codec, which stand beside it, in rounds of their own.
func (b *bench) codec(ctx context.Context) ([]*codecRow, error) {
	const importPath = "github.com/umgateway/umgateway/soapbridge"
	folder, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", importPath).Output()
	if err != nil {
		return nil, fmt.Errorf("find the codec: %w", err)
	}
	program := filepath.Join(b.folder, "codec.test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", program, importPath)
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("build the benchmarks of the codec: %w", err)
	}
	var rows []*codecRow
	for range b.rounds {
		run := exec.CommandContext(ctx, program, "-test.run=^$", "-test.bench=^Benchmark(Encode|Decode)$", "-test.benchmem",
			"-test.benchtime="+(b.duration/codecShare).Round(time.Millisecond).String())
		run.Dir = strings.TrimSpace(string(folder))
		output, err := run.Output()
		if err != nil {
			return nil, fmt.Errorf("measure the codec: %w", err)
		}
		if rows, err = addCodec(rows, string(output)); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// codecShare divides a turn among the benchmarks.
const codecShare = 10

// addCodec adds what the benchmarks have printed in a round.
func addCodec(rows []*codecRow, output string) ([]*codecRow, error) {
	for line := range strings.Lines(output) {
		direction, message, whose, values := parseBenchmark(line)
		if values == nil {
			continue
		}
		var row *codecRow
		for _, known := range rows {
			if known.direction == direction && known.message == message {
				row = known
			}
		}
		if row == nil {
			row = &codecRow{direction: direction, message: message}
			rows = append(rows, row)
		}
		if whose == "bridge" {
			row.ours, row.objects, row.kept = append(row.ours, values["ns/op"]), values["allocs/op"], values["kept/op"]
		} else {
			row.theirs = append(row.theirs, values["ns/op"])
		}
	}
	for _, row := range rows {
		if len(row.ours) != len(row.theirs) {
			return nil, fmt.Errorf("measure the codec: %s %s was not compared", row.direction, row.message)
		}
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("measure the codec: no benchmark in %q", output)
	}
	return rows, nil
}

// parseBenchmark reads a line of the benchmark BenchmarkDirection/message/whose-N (the format of golang.org/design/14313);
// the values are by unit, and nil for other lines.
func parseBenchmark(line string) (direction, message, whose string, values map[string]float64) {
	fields := strings.Fields(line)
	if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
		return "", "", "", nil
	}
	name := strings.Split(strings.TrimPrefix(fields[0], "Benchmark"), "/")
	if len(name) != 3 {
		return "", "", "", nil
	}
	whose, _, _ = strings.Cut(name[2], "-")
	values = map[string]float64{}
	for i := 2; i+1 < len(fields); i += 2 {
		values[fields[i+1]], _ = strconv.ParseFloat(fields[i], 64)
	}
	return name[0], name[1], whose, values
}

// faster is how many times faster than encoding/xml the bridge was, by round.
func (r *codecRow) faster() (ratios figure) {
	for i := range r.ours {
		ratios = append(ratios, r.theirs[i]/r.ours[i])
	}
	return ratios
}

func reportCodec(w io.Writer, rows []*codecRow) {
	fmt.Fprintln(w, "\nCodec, beside encoding/xml on the same messages")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tbridge\tencoding/xml\tratio\t±\ttarget\tallocations\ttarget: what the message keeps\t")
	for _, r := range rows {
		ratio, target := r.faster(), float64(encodeTarget)
		if r.direction == "Decode" {
			target = decodeTarget
		}
		mark := "met"
		if r.objects > r.kept {
			mark = "MISSED"
		}
		fmt.Fprintf(table, "%s %s\t%.0f ns\t%.0f ns\t%.1f\t%.0f%%\t%s\t%.0f\t≤ %.0f %s\t\n", r.direction, r.message,
			r.ours.median(), r.theirs.median(), ratio.median(), 100*ratio.noise(), verdict("≥", ratio.median(), target), r.objects, r.kept, mark)
	}
	table.Flush()
}
