package monitoring

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

// What the tests read of a dashboard.
type dashboard struct {
	UID        string `json:"uid"`
	Panels     []panel
	Templating struct {
		List []struct{ Name, Type, Definition string }
	}
}

type panel struct {
	ID          int `json:"id"`
	Type        string
	Title       string
	Description string
	GridPos     struct{ X, Y, W, H int }
	FieldConfig struct{ Defaults struct{ Unit string } }
	Targets     []struct {
		RefID        string `json:"refId"`
		Datasource   struct{ Type, UID string }
		Expr         string
		LegendFormat string
	}
}

func load(t *testing.T) dashboard {
	t.Helper()
	text, err := os.ReadFile("dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// Grafana puts durations and patterns in place of its variables.
var grafana = strings.NewReplacer("$__rate_interval", "5m", "$instance", ".*", "$backend", ".*")

func dashboardExpressions(t *testing.T) []expression {
	t.Helper()
	d := load(t)
	var found []expression
	for _, panel := range d.Panels {
		for _, target := range panel.Targets {
			found = append(found, expression{"panel " + panel.Title, grafana.Replace(target.Expr)})
		}
	}
	for _, variable := range d.Templating.List {
		if match := labelValues.FindStringSubmatch(variable.Definition); match != nil {
			// label_values(metric, label) is not PromQL, but asks for what this does.
			found = append(found, expression{"variable " + variable.Name, "group by (" + match[2] + ") (" + match[1] + ")"})
		}
	}
	return found
}

var labelValues = regexp.MustCompile(`^label_values\((\w+), (\w+)\)$`)

func TestDashboardAsksWhereTheUserSays(t *testing.T) {
	t.Parallel()
	d := load(t)
	declared := map[string]bool{"__rate_interval": true}
	for _, variable := range d.Templating.List {
		declared[variable.Name] = true
		if variable.Type == "query" && !labelValues.MatchString(variable.Definition) {
			t.Errorf("variable %s is defined by %q", variable.Name, variable.Definition)
		}
	}
	used := regexp.MustCompile(`\$\{?(\w+)`)
	for _, panel := range d.Panels {
		for _, target := range panel.Targets {
			if got := target.Datasource; got.Type != "prometheus" || got.UID != "${datasource}" {
				t.Errorf("%s: asks %v", panel.Title, got)
			}
			for _, match := range used.FindAllStringSubmatch(target.Expr+target.Datasource.UID, -1) {
				if !declared[match[1]] {
					t.Errorf("%s: variable %s is not declared", panel.Title, match[1])
				}
			}
		}
	}
}

func TestPanelsCanBeRead(t *testing.T) {
	t.Parallel()
	const columns = 24
	taken, ids := map[[2]int]string{}, map[int]bool{}
	for _, panel := range load(t).Panels {
		if ids[panel.ID] {
			t.Errorf("%s: id %d is taken", panel.Title, panel.ID)
		}
		ids[panel.ID] = true
		at := panel.GridPos
		if at.W < 1 || at.H < 1 || at.X < 0 || at.X+at.W > columns {
			t.Errorf("%s: lies at %+v, outside of %d columns", panel.Title, at, columns)
		}
		for x := at.X; x < at.X+at.W; x++ {
			for y := at.Y; y < at.Y+at.H; y++ {
				if other, found := taken[[2]int{x, y}]; found {
					t.Fatalf("%s lies upon %s", panel.Title, other)
				}
				taken[[2]int{x, y}] = panel.Title
			}
		}
		if panel.Type == "row" {
			continue
		}
		if panel.Title == "" || panel.Description == "" || panel.FieldConfig.Defaults.Unit == "" {
			t.Errorf("panel %d (%s): wants a title, a description and a unit", panel.ID, panel.Title)
		}
		if len(panel.Targets) == 0 {
			t.Errorf("%s: shows nothing", panel.Title)
		}
	}
}
