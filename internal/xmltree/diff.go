package xmltree

import (
	"encoding/xml"
	"fmt"
	"maps"
)

// Diff says where two documents differ first; it is empty if they are equal as trees. A document that cannot be read
// differs from every other.
func Diff(got, want []byte) string {
	g, err := Parse(got)
	if err != nil {
		return fmt.Sprintf("got: %v", err)
	}
	w, err := Parse(want)
	if err != nil {
		return fmt.Sprintf("want: %v", err)
	}
	return DiffNodes(g, w)
}

// DiffNodes is Diff for elements that were read already.
func DiffNodes(got, want *Node) string { return diff("", got, want) }

func diff(path string, got, want *Node) string {
	path += "/" + want.Name.Local
	switch {
	case got.Name != want.Name:
		return fmt.Sprintf("%s: got element %s, want %s", path, show(got.Name), show(want.Name))
	case !maps.Equal(got.Attributes, want.Attributes):
		return fmt.Sprintf("%s: got attributes %v, want %v", path, got.Attributes, want.Attributes)
	case got.Text != want.Text:
		return fmt.Sprintf("%s: got text %q, want %q", path, got.Text, want.Text)
	case len(got.Children) != len(want.Children):
		return fmt.Sprintf("%s: got children %v, want %v", path, got.names(), want.names())
	}
	for i := range want.Children {
		if d := diff(path, got.Children[i], want.Children[i]); d != "" {
			return d
		}
	}
	return ""
}

func show(name xml.Name) string { return fmt.Sprintf("{%s}%s", name.Space, name.Local) }

func (n *Node) names() []string {
	names := make([]string, len(n.Children))
	for i, child := range n.Children {
		names[i] = show(child.Name)
	}
	return names
}
