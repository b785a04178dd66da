package console

import (
	"fmt"
	"regexp"
	"strings"
)

// reason is what the documentation says about a reason of errors.
type reason struct {
	Status  string `json:"status"`  // of gRPC and of HTTP
	Meaning string `json:"meaning"` // in one or more sentences
	Fix     string `json:"fix"`
	Who     string `json:"who"` // can do it
}

var reasonSection = regexp.MustCompile(`(?s)^\n([A-Z][^.]*)\.\s(.*?)\n- \*\*Fix:\*\* (.*?)\n- \*\*Who acts:\*\* ([^\n]*)`)

// readReasons reads the page of reasons. A section in another form is an error.
func readReasons(text string) (map[string]reason, error) {
	reasons := map[string]reason{}
	for _, section := range strings.Split(text, "\n### ")[1:] {
		name, body, _ := strings.Cut(section, "\n")
		found := reasonSection.FindStringSubmatch(body)
		if found == nil {
			return nil, fmt.Errorf("the section about %s has another form", name)
		}
		reasons[name] = reason{plain(found[1]), plain(found[2]), plain(found[3]), plain(found[4])}
	}
	return reasons, nil
}

// plain is a Markdown text as one line of plain text.
func plain(text string) string {
	return strings.NewReplacer("`", "", "**", "").Replace(strings.Join(strings.Fields(text), " "))
}
