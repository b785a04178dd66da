package repocheck

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// reasonsAreExplained holds docs/reasons.md to the code: a section for each reason that an error of the gateway can have,
// which says what to do and who acts, and none for a reason that there is not.
var reasonsAreExplained = rule{
	name:  "reasons are explained",
	check: checkReasons,
	breach: tree{
		"docs/reasons.md": "# Reasons\n\n### A_B\n\n**Fix:** x\n**Who acts:** y\n\n### KNOWN\n\n**Fix:** x\n\n### GONE\n\n**Fix:** x\n**Who acts:** y\n",
		"gateway/a.go":    "package gateway\n\nconst (\n\treasonAB, other = \"A_B\", \"NO_REASON\"\n\treasonNew = \"NEW\"\n)\n",
		"gateway/sub/b.go": "package sub\n\n// Reason is.\ntype Reason string\n\n// K is.\nconst K Reason = \"KNOWN\"\n\n" +
			"var e = &Error{Reason: \"IN_A_FIELD\", Message: \"NOT_ONE\"}\n",
		"cmd/umgateway/c.go": "package main\n\nvar faults = map[string]meaning{\"OTHER\": {codes.NotFound, \"IN_A_TABLE\", \"text\"}}\n",
		"gateway/c_test.go":  "package gateway\n\nvar e = &Error{Reason: \"ONLY_TESTED\"}\n",
		"internal/d/d.go":    "package d\n\nvar e = &Error{Reason: \"ELSEWHERE\"}\n",
	},
	complaints: []string{
		"docs/reasons.md: no section for NEW",
		"docs/reasons.md: no section for IN_A_FIELD",
		"docs/reasons.md: no section for IN_A_TABLE",
		"docs/reasons.md: the section for KNOWN does not say who acts",
		"docs/reasons.md: no error has the reason GONE",
	},
}

var (
	reasonName    = regexp.MustCompile(`^[A-Z]+(_[A-Z]+)*$`)
	reasonSection = regexp.MustCompile(`(?m)^### ([A-Z_]+)$`)
)

func checkReasons(t tree) []string {
	used := t.reasons()
	if len(used) == 0 {
		return nil
	}
	const page = "docs/reasons.md"
	var complaints []string
	text := t[page]
	sections := reasonSection.FindAllStringSubmatchIndex(text, -1)
	for i, at := range sections {
		name, end := text[at[2]:at[3]], len(text)
		if i+1 < len(sections) {
			end = sections[i+1][0]
		}
		body := text[at[1]:end]
		switch {
		case !used[name]:
			complaints = append(complaints, fmt.Sprintf("%s: no error has the reason %s", page, name))
		case !strings.Contains(body, "**Fix:** "):
			complaints = append(complaints, fmt.Sprintf("%s: the section for %s has no fix", page, name))
		case !strings.Contains(body, "**Who acts:** "):
			complaints = append(complaints, fmt.Sprintf("%s: the section for %s does not say who acts", page, name))
		}
		delete(used, name)
	}
	for _, name := range slices.Sorted(maps.Keys(used)) {
		complaints = append(complaints, fmt.Sprintf("%s: no section for %s", page, name))
	}
	return complaints
}

// reasons returns what the code of the gateway names as reasons: constants by their name or type, fields called Reason, and
// what follows a code of gRPC in a table.
func (t tree) reasons() map[string]bool {
	found := map[string]bool{}
	add := func(value ast.Expr) {
		if literal, is := value.(*ast.BasicLit); is && literal.Kind == token.STRING {
			if name, err := strconv.Unquote(literal.Value); err == nil && reasonName.MatchString(name) {
				found[name] = true
			}
		}
	}
	for _, file := range t.goFiles() {
		if file.test || file.generated || !covers([]string{"gateway", "cmd/umgateway"}, file.folder()) {
			continue
		}
		ast.Inspect(file.syntax, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.ValueSpec:
				kind, _ := node.Type.(*ast.Ident)
				for i, value := range node.Values {
					if strings.HasPrefix(node.Names[i].Name, "reason") || kind != nil && kind.Name == "Reason" {
						add(value)
					}
				}
			case *ast.KeyValueExpr:
				if key, is := node.Key.(*ast.Ident); is && key.Name == "Reason" {
					add(node.Value)
				}
			case *ast.CompositeLit:
				for i, element := range node.Elts {
					if i > 0 && isCode(node.Elts[i-1]) {
						add(element)
					}
				}
			}
			return true
		})
	}
	return found
}

func isCode(element ast.Expr) bool {
	selector, is := element.(*ast.SelectorExpr)
	if !is {
		return false
	}
	pkg, is := selector.X.(*ast.Ident)
	return is && pkg.Name == "codes"
}
