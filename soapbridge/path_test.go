package soapbridge

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestPathsAreReadAsSteps(t *testing.T) {
	t.Parallel()
	tests := map[string][]step{
		".":                    nil,
		"m:CallId":             {{prefix: "m", local: "CallId"}},
		"CallId":               {{local: "CallId"}},
		"m:Call/t:Id":          {{prefix: "m", local: "Call"}, {prefix: "t", local: "Id"}},
		"m:PhoneCallId/@Id":    {{prefix: "m", local: "PhoneCallId"}, {local: "Id", attribute: true}},
		"m:Call/@t:Id":         {{prefix: "m", local: "Call"}, {prefix: "t", local: "Id", attribute: true}},
		"@ResponseClass":       {{local: "ResponseClass", attribute: true}},
		"_a/b-c/d.e/f1":        {{local: "_a"}, {local: "b-c"}, {local: "d.e"}, {local: "f1"}},
		"a/a":                  {{local: "a"}, {local: "a"}},
		"a-1.x:" + long("b"):   {{prefix: "a-1.x", local: long("b")}},
		"xml:lang/@xml:lang":   {{prefix: "xml", local: "lang"}, {prefix: "xml", local: "lang", attribute: true}},
		"m:base64FolderID":     {{prefix: "m", local: "base64FolderID"}},
		"t:MessageXml/t:Value": {{prefix: "t", local: "MessageXml"}, {prefix: "t", local: "Value"}},
	}
	for path, want := range tests {
		t.Run(path[:min(len(path), 30)], func(t *testing.T) {
			t.Parallel()
			got, err := parsePath(path)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("got %v, %v, want %v", got, err, want)
			}
		})
	}
}

func long(text string) string { return strings.Repeat(text, 10_000) }

func TestWrongPathsAreRefusedWhereTheyGoWrong(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		offset int
		reason string
	}{
		"":             {0, "not a name"},
		"/":            {0, "not a name"},
		"/a":           {0, "not a name"},
		"a/":           {2, "not a name"},
		"a//b":         {2, "not a name"},
		"./a":          {0, "not a name"},
		"a/.":          {2, "not a name"},
		"..":           {0, "not a name"},
		"*":            {0, "not a name"},
		"a[1]":         {0, "not a name"},
		" a":           {0, "not a name"},
		"a b":          {0, "not a name"},
		"1a":           {0, "not a name"},
		"-a":           {0, "not a name"},
		".a":           {0, "not a name"},
		"é":            {0, "not a name"},
		"a\x00":        {0, "not a name"},
		"m:":           {0, "not a name"},
		":a":           {0, "prefix"},
		"m:a:b":        {0, "not a name"},
		"1:a":          {0, "prefix"},
		"a/1:b":        {2, "prefix"},
		"@":            {0, "not a name"},
		"a/@":          {2, "not a name"},
		"@@a":          {0, "not a name"},
		"a@b":          {0, "not a name"},
		"@a/b":         {3, "attribute must be the last"},
		"m:x/@a/@b":    {7, "attribute must be the last"},
		"ab/cd/@ef/gh": {10, "attribute must be the last"},
	}
	for path, want := range tests {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			_, err := parsePath(path)
			var wrong *PathError
			if !errors.As(err, &wrong) {
				t.Fatalf("got %v, want a *PathError", err)
			}
			if wrong.Path != path || wrong.Offset != want.offset || !strings.Contains(wrong.Reason, want.reason) {
				t.Errorf("got %+v, want offset %d and reason %q", wrong, want.offset, want.reason)
			}
		})
	}
}

func TestElementNamesAreOneStep(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{
		"m:Disconnect": true, "Disconnect": true,
		"": false, ".": false, "@a": false, "m:a/m:b": false, "m:a/@b": false,
	} {
		if s, err := parseElementName(name); (err == nil) != ok {
			t.Errorf("%q: got %v, %v, want it to be accepted: %t", name, s, err, ok)
		}
	}
}
