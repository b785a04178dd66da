// Package complete finds out what a command line can go on with.
//
// It promises to know what the model of the command line knows, and no more: commands, flags, and the values of those that
// have a list of them. It reads no file and asks nobody.
package complete

import (
	"strings"

	"github.com/alecthomas/kong"
)

// Candidate is a word that the command line can go on with.
type Candidate struct {
	Text string // the word
	Help string // what it means, in one line
}

// Candidates returns the words with which a command line can go on. The last of the words is the one that is being typed; it
// may be empty. files tells that the name of any file can stand there instead. The model is for one goroutine at a time.
func Candidates(root *kong.Node, words []string) (candidates []Candidate, files bool) {
	words, prefix := join(words)
	if len(words) == 0 {
		words = []string{""}
	}
	current := words[len(words)-1]
	p := place{node: root, flags: flagsOf(root)}
	for _, word := range words[:len(words)-1] {
		p.pass(word)
	}
	candidates, files = p.candidates(current)
	matching := candidates[:0]
	for _, candidate := range candidates {
		if strings.HasPrefix(candidate.Text, current) {
			candidate.Text = strings.TrimPrefix(candidate.Text, prefix)
			matching = append(matching, candidate)
		}
	}
	return matching, files
}

// join puts words together again that a shell has split at an equals sign, as bash does. If the last is among them, the
// shell replaces only what comes after the prefix.
func join(words []string) (joined []string, prefix string) {
	for i := 0; i < len(words); i++ {
		if words[i] != "=" || len(joined) == 0 || !strings.HasPrefix(joined[len(joined)-1], "--") {
			joined = append(joined, words[i])
			continue
		}
		last := &joined[len(joined)-1]
		*last += "="
		if i >= len(words)-2 {
			prefix = *last
		}
		if i+1 < len(words) {
			i++
			*last += words[i]
		}
	}
	return joined, prefix
}

// place is how far a command line has come.
type place struct {
	node     *kong.Node
	flags    map[string]*kong.Flag
	wants    *kong.Value // the flag that the next word is the value of
	argument int         // how many arguments have passed
	literal  bool        // after --, nothing is a flag
}

func flagsOf(node *kong.Node) map[string]*kong.Flag {
	flags := map[string]*kong.Flag{}
	for _, group := range node.AllFlags(true) {
		for _, flag := range group {
			flags["--"+flag.Name] = flag
			if flag.Short != 0 {
				flags["-"+string(flag.Short)] = flag
			}
		}
	}
	return flags
}

// pass takes a word that is complete.
func (p *place) pass(word string) {
	switch {
	case p.wants != nil:
		p.wants = nil
	case word == "--" && !p.literal:
		p.literal = true
	case !p.literal && strings.HasPrefix(word, "-"):
		if flag := p.flags[word]; flag != nil && !flag.IsBool() {
			p.wants = flag.Value
		}
	default:
		if child := p.child(word); child != nil {
			p.node, p.flags = child, flagsOf(child)
			return
		}
		p.argument++
	}
}

func (p *place) child(word string) *kong.Node {
	for _, child := range p.node.Children {
		if child.Name == word {
			return child
		}
	}
	return nil
}

// candidates returns everything that can stand in the place of the current word, and may have nothing in common with it.
func (p *place) candidates(current string) (candidates []Candidate, files bool) {
	if p.wants != nil {
		return valuesOf(p.wants, "")
	}
	if !p.literal && strings.HasPrefix(current, "-") {
		if name, _, hasValue := strings.Cut(current, "="); hasValue {
			if flag := p.flags[name]; flag != nil {
				return valuesOf(flag.Value, name+"=")
			}
			return nil, false
		}
		return p.flagNames(), false
	}
	for _, child := range p.node.Children {
		if !child.Hidden {
			candidates = append(candidates, Candidate{child.Name, oneLine(child.Help)})
		}
	}
	if p.argument < len(p.node.Positional) {
		values, isFile := valuesOf(p.node.Positional[p.argument], "")
		return append(candidates, values...), isFile
	}
	return candidates, false
}

// flagNames returns the flags, the nearest command's first.
func (p *place) flagNames() []Candidate {
	var candidates []Candidate
	groups := p.node.AllFlags(true)
	for i := len(groups) - 1; i >= 0; i-- {
		for _, flag := range groups[i] {
			candidates = append(candidates, Candidate{"--" + flag.Name, oneLine(flag.Help)})
		}
	}
	return candidates
}

// valuesOf returns the values that a flag or an argument can have, each with the prefix.
func valuesOf(value *kong.Value, prefix string) (candidates []Candidate, files bool) {
	if value.Enum != "" {
		for _, word := range value.EnumSlice() {
			candidates = append(candidates, Candidate{Text: prefix + word})
		}
	}
	return candidates, value.Tag != nil && value.Tag.Type == "path"
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
