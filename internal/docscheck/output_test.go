package docscheck

import (
	"regexp"
	"strings"
)

// id matches identifiers that differ from run to run.
var id = regexp.MustCompile(`[A-Za-z0-9_-]{24,}={0,2}`)

// varying is what a run prints in its own way, and what stands for it.
var varying = []struct {
	pattern *regexp.Regexp
	name    string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z`), "<time>"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d\b`), "<date>"},
	{id, "<id>"},
	{regexp.MustCompile(`CALL_STATE_(?:CONNECTING|ALERTED|CONNECTED)`), "<state>"},
	{regexp.MustCompile(`\b(?:connecting|ringing|connected)\b`), "<state>"},
	{regexp.MustCompile(`\b(?:\d+(?:\.\d+)?(?:h|ms|µs|ns|m|s))+\b`), "<duration>"},
	{regexp.MustCompile(`\blocalhost\b`), "127.0.0.1"},
	{regexp.MustCompile(`[ \t]+`), " "},
	{regexp.MustCompile(`(?m) $`), ""},
}

// plain is a text without what varies.
func plain(text string) string {
	for _, v := range varying {
		text = v.pattern.ReplaceAllString(text, v.name)
	}
	return strings.Trim(text, "\n")
}

// matches tells whether an output is the one that a page prints.
func matches(printed, got string) bool {
	pattern := regexp.QuoteMeta(plain(printed))
	return regexp.MustCompile(`(?s)^` + strings.ReplaceAll(pattern, "…", ".*") + `$`).MatchString(plain(got))
}

// learn notes which ids of a run stand in the place of those that a page prints.
func learn(ids map[string]string, printed, got string) {
	here, there := id.FindAllString(printed, -1), id.FindAllString(got, -1)
	if len(here) != len(there) {
		return
	}
	for i := range here {
		ids[here[i]] = there[i]
	}
}
