package complete

import (
	"slices"
	"testing"

	"github.com/alecthomas/kong"
)

type grammar struct {
	Output string `short:"o" enum:"text,json" default:"text"`
	CA     string `name:"ca" type:"path"`
	Quiet  bool   `help:"Say\nnothing."`
	Secret string `hidden:""`

	Get struct {
		Call string `arg:""`
	} `cmd:"" help:"Show a call."`
	Greet struct {
		Which string `arg:"" enum:"normal,oof"`
		File  string `arg:"" type:"path"`
		To    string
	} `cmd:""`
	Set struct {
		OOF struct {
			To string `arg:"" enum:"on,off"`
		} `cmd:"" name:"oof"`
		Folder struct {
			ID string `arg:""`
		} `cmd:""`
	} `cmd:""`
	Hidden struct{} `cmd:"" hidden:""`
}

func TestCandidatesAreWhatTheGrammarAllows(t *testing.T) {
	t.Parallel()
	parser, err := kong.New(&grammar{})
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name  string
		words []string
		want  []string
		files bool
	}{
		{"nothing typed", nil, []string{"get", "greet", "set"}, false},
		{"commands", []string{"g"}, []string{"get", "greet"}, false},
		{"commands below commands", []string{"set", ""}, []string{"oof", "folder"}, false},
		{"after a flag with a value", []string{"-o", "json", "s"}, []string{"set"}, false},
		{"after a flag without a value", []string{"--quiet", "s"}, []string{"set"}, false},
		{"after a flag with its value in one word", []string{"--output=json", "s"}, []string{"set"}, false},
		{"flags", []string{"--"}, []string{"--help", "--output", "--ca", "--quiet"}, false},
		{"flags of a command come first", []string{"greet", "--"}, []string{"--to", "--help", "--output", "--ca", "--quiet"}, false},
		{"one flag", []string{"set", "--q"}, []string{"--quiet"}, false},
		{"values of a flag", []string{"--output", "j"}, []string{"json"}, false},
		{"values of a short flag", []string{"get", "-o", ""}, []string{"text", "json"}, false},
		{"values in the word of the flag", []string{"--output=j"}, []string{"--output=json"}, false},
		{"values in a word that bash has split", []string{"--output", "=", "j"}, []string{"json"}, false},
		{"values after an equals sign that bash has split off", []string{"--output", "="}, []string{"text", "json"}, false},
		{"after a word that bash has split", []string{"--output", "=", "json", "se"}, []string{"set"}, false},
		{"the value of a flag that has no list", []string{"greet", "--to", "n"}, nil, false},
		{"files of a flag", []string{"--ca", ""}, nil, true},
		{"files in the word of the flag", []string{"--ca=x"}, nil, true},
		{"values of an argument", []string{"set", "oof", "o"}, []string{"on", "off"}, false},
		{"values of the first argument", []string{"greet", ""}, []string{"normal", "oof"}, false},
		{"files of the second argument", []string{"greet", "oof", ""}, nil, true},
		{"no third argument", []string{"greet", "oof", "x", ""}, nil, false},
		{"an argument that has no list", []string{"get", "g"}, nil, false},
		{"no flags after two dashes", []string{"get", "--", "-"}, nil, false},
		{"unknown flag", []string{"--nonsense=x"}, nil, false},
		{"unknown command", []string{"nonsense", "--q"}, []string{"--quiet"}, false},
	}
	for _, c := range cases {
		// One after the other: a model of kong is for one goroutine.
		t.Run(c.name, func(t *testing.T) {
			candidates, files := Candidates(parser.Model.Node, c.words)
			var got []string
			for _, candidate := range candidates {
				got = append(got, candidate.Text)
				if candidate.Text == "--quiet" && candidate.Help != "Say nothing." {
					t.Errorf("help of --quiet: %q", candidate.Help)
				}
			}
			if !slices.Equal(got, c.want) || files != c.files {
				t.Errorf("candidates %q, files %v; want %q, %v", got, files, c.want, c.files)
			}
		})
	}
}
