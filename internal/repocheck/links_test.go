package repocheck

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// linksLeadSomewhere follows the links of Markdown files to files and headings of the project.
var linksLeadSomewhere = rule{
	name:  "links lead somewhere",
	check: checkLinks,
	breach: tree{
		"README.md": "# A title: with `code`\n\n[1](docs/a.md) [2](docs) [3](docs/b.md) [4](#a-title-with-code) [5](#none)\n" +
			"[6](docs/a.md#part-two) [7](docs/a.md#part-2) [8](https://example.com/x) [9](../out.md) `[10](code.md)`\n" +
			"```\n[11](fenced.md)\n# fenced\n```\n[12](#fenced)\n",
		"docs/a.md": "## Part two\n\n[1](../README.md) [2](a.md \"title\") [3](/README.md)\n",
	},
	complaints: []string{
		"README.md: no docs/b.md to link to",
		"README.md: no heading #none in README.md",
		"README.md: no heading #part-2 in docs/a.md",
		"README.md: no ../out.md to link to",
		"README.md: no heading #fenced in README.md",
		"docs/a.md: no /README.md to link to",
	},
}

var (
	fenced  = regexp.MustCompile("(?ms)^```.*?^```$")
	link    = regexp.MustCompile(`\]\(([^)\s]+)(?: "[^"]*")?\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.+?) *$`)

	notInAnchor = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

func checkLinks(t tree) []string {
	var complaints []string
	for name, text := range t.named("*.md") {
		for _, match := range link.FindAllStringSubmatch(code.ReplaceAllString(fenced.ReplaceAllString(text, ""), ""), -1) {
			if strings.Contains(match[1], ":") {
				continue
			}
			file, anchor, _ := strings.Cut(match[1], "#")
			target := name
			if file != "" {
				target = path.Join(path.Dir(name), file)
			}
			switch {
			case strings.HasPrefix(file, "/") || !t.has(target):
				complaints = append(complaints, fmt.Sprintf("%s: no %s to link to", name, file))
			case anchor != "" && !anchors(t[target])[anchor]:
				complaints = append(complaints, fmt.Sprintf("%s: no heading #%s in %s", name, anchor, target))
			}
		}
	}
	return complaints
}

// anchors returns the names that a forge gives to the headings of a Markdown text.
func anchors(text string) map[string]bool {
	names := map[string]bool{}
	for _, match := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		name := notInAnchor.ReplaceAllString(strings.ToLower(match[1]), "")
		names[strings.ReplaceAll(name, " ", "-")] = true
	}
	return names
}
