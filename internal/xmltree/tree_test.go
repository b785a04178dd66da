package xmltree_test

import (
	"strings"
	"testing"

	"github.com/umgateway/umgateway/internal/xmltree"
)

func TestEqualTreesDoNotDiffer(t *testing.T) {
	t.Parallel()
	tests := map[string][2]string{
		"prefix or default":    {`<p:a xmlns:p="u"><p:b/></p:a>`, `<a xmlns="u"><b></b></a>`},
		"order of attributes":  {`<a x="1" y="2"/>`, `<a y="2" x="1"/>`},
		"layout":               {"<a>\n  <b/>\n</a>", "<a><b/></a>"},
		"comments":             {"<a>b<!-- c -->d</a>", "<a>bd</a>"},
		"prolog":               {`<?xml version="1.0"?><a/>`, "<a/>"},
		"spelling of text":     {"<a>&#x41;<![CDATA[<]]></a>", "<a>A&lt;</a>"},
		"declarations unused":  {`<a xmlns:x="v"/>`, "<a/>"},
		"attribute namespaces": {`<a xmlns:x="v" x:b="1"/>`, `<a xmlns:y="v" y:b="1"/>`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if d := xmltree.Diff([]byte(test[0]), []byte(test[1])); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestUnequalTreesDiffer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ got, want, says string }{
		"namespace":           {`<a xmlns="u"/>`, `<a xmlns="v"/>`, "got element {u}a, want {v}a"},
		"namespace of child":  {`<a xmlns="u"><b xmlns=""/></a>`, `<a xmlns="u"><b/></a>`, "/a/b: got element {}b"},
		"local name":          {"<a><b/></a>", "<a><B/></a>", "want {}B"},
		"attribute":           {`<a x="1"/>`, `<a x="2"/>`, "got attributes"},
		"attribute namespace": {`<a x="1"/>`, `<a xmlns:p="u" p:x="1"/>`, "got attributes"},
		"text":                {"<a>b</a>", "<a>b </a>", `got text "b", want "b "`},
		"blank text of leaf":  {"<a> </a>", "<a/>", `got text " "`},
		"mixed text":          {"<a>x<b/></a>", "<a><b/></a>", `got text "x"`},
		"number of children":  {"<a><b/></a>", "<a><b/><b/></a>", "got children"},
		"order of children":   {"<a><b/><c/></a>", "<a><c/><b/></a>", "/a/c: got element {}b"},
		"not xml":             {"<a>", "<a/>", "got: xmltree:"},
		"expectation not xml": {"<a/>", "", "want: xmltree:"},
		"two roots":           {"<a/><a/>", "<a/>", "one root element"},
		"text beside root":    {"<a/>b", "<a/>", "one root element"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if d := xmltree.Diff([]byte(test.got), []byte(test.want)); !strings.Contains(d, test.says) {
				t.Errorf("got %q, want it to say %q", d, test.says)
			}
		})
	}
}

func TestFindFollowsLocalNames(t *testing.T) {
	t.Parallel()
	root, err := xmltree.Parse([]byte(`<a xmlns="u"><b><c>1</c></b><b><c>2</c></b></a>`))
	if err != nil {
		t.Fatal(err)
	}
	if c := root.Find("b", "c"); c == nil || c.Text != "1" {
		t.Errorf("got %v, want the first", c)
	}
	if d := root.Find("b", "d"); d != nil {
		t.Errorf("got %v, want none", d)
	}
}
