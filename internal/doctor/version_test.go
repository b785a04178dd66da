package doctor

import (
	"strings"
	"testing"
)

// header is a reply with a header block.
func header(block string) string {
	return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:h="` + typesNamespace + `"><s:Header>` + block + `</s:Header><s:Body/></s:Envelope>`
}

func TestVersionIsReadFromTheHeaderAndFromNowhereElse(t *testing.T) {
	t.Parallel()
	const good = `<h:ServerVersionInfo MajorVersion="14" MinorVersion="3" MajorBuildNumber="123" MinorBuildNumber="4" Version="Exchange2010_SP2"/>`
	for name, c := range map[string]struct{ body, want string }{
		"told":              {header(good), "Exchange 14.3.123.4 (Exchange 2010)"},
		"behind others":     {header(`<x>y</x>` + good), "Exchange 14.3.123.4 (Exchange 2010)"},
		"a later one":       {header(strings.Replace(good, `"14"`, `"16"`, 1)), "Exchange 16.3.123.4"},
		"another namespace": {header(strings.ReplaceAll(good, "h:", "")), ""},
		"no numbers":        {header(strings.Replace(good, `"123"`, "\"1\x1b[2J\"", 1)), ""},
		"a part is missing": {header(`<h:ServerVersionInfo MajorVersion="14"/>`), ""},
		"in the body":       {strings.Replace(header(""), "<s:Body/>", "<s:Body xmlns:h='"+typesNamespace+"'>"+good+"</s:Body>", 1), ""},
		"not told":          {header(""), ""},
		"no XML":            {"<html><br>", ""},
	} {
		v, found := readVersion([]byte(c.body))
		if found != (c.want != "") || found && v.String() != c.want {
			t.Errorf("%s: %v %v, want %q", name, v, found, c.want)
		}
	}
}

func FuzzVersion(f *testing.F) {
	f.Add([]byte(header(`<h:ServerVersionInfo MajorVersion="14" MinorVersion="3" MajorBuildNumber="123" MinorBuildNumber="4"/>`)))
	f.Fuzz(func(t *testing.T, body []byte) {
		if v, found := readVersion(body); found && strings.ContainsFunc(v.String(), func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("shows %q", v)
		}
	})
}
