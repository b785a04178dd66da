package apidocs

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"regexp"

	"github.com/yuin/goldmark"
)

var heading = regexp.MustCompile(`(?m)^(##|###) (.+)$`)

// reasonGroup is a part of the page of reasons.
type reasonGroup struct {
	Title   string
	Reasons []reason
}

type reason struct {
	Name string
	Text template.HTML // what stands below its heading
}

// readReasons divides the page at its headings.
func readReasons(text string) ([]reasonGroup, error) {
	var groups []reasonGroup
	found := heading.FindAllStringSubmatchIndex(text, -1)
	for i, at := range found {
		end := len(text)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		level, title, body := text[at[2]:at[3]], text[at[4]:at[5]], text[at[1]:end]
		if level == "##" {
			groups = append(groups, reasonGroup{Title: title})
			continue
		}
		if len(groups) == 0 {
			return nil, fmt.Errorf("%s stands in no part", title)
		}
		var html bytes.Buffer
		if err := goldmark.Convert([]byte(body), &html); err != nil {
			return nil, fmt.Errorf("%s: %w", title, err)
		}
		last := &groups[len(groups)-1]
		last.Reasons = append(last.Reasons, reason{title, template.HTML(html.String())}) // by goldmark, of a text of ours
	}
	if len(groups) == 0 {
		return nil, errors.New("there are none")
	}
	return groups, nil
}

// reasonPages are a page for each reason, and one that lists them.
func reasonPages(text string) (map[string]http.Handler, error) {
	groups, err := readReasons(text)
	if err != nil {
		return nil, fmt.Errorf("reasons: %w", err)
	}
	templates, err := template.ParseFS(assets, "assets/reason.html", "assets/reasons.html")
	if err != nil {
		return nil, fmt.Errorf("reasons: %w", err)
	}
	pages := map[string]http.Handler{"GET /docs/reasons": http.RedirectHandler("reasons/", http.StatusFound)}
	add := func(pattern, name string, data any) error {
		var html bytes.Buffer
		if err := templates.ExecuteTemplate(&html, name, data); err != nil {
			return fmt.Errorf("reasons: %w", err)
		}
		pages[pattern] = page(html.Bytes())
		return nil
	}
	if err := add("GET /docs/reasons/{$}", "reasons.html", groups); err != nil {
		return nil, err
	}
	for _, group := range groups {
		for _, r := range group.Reasons {
			if err := add("GET /docs/reasons/"+r.Name, "reason.html", r); err != nil {
				return nil, err
			}
		}
	}
	return pages, nil
}
