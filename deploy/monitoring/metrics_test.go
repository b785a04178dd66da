package monitoring

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

// A metric is what the table promises: the labels, and the names of the series that belong to it.
type metric struct {
	name   string
	labels []string
}

var quoted = regexp.MustCompile("`([^`]+)`")

// promised reads the table of metrics into the series that each of them makes.
func promised(t *testing.T) map[string]metric {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	series := map[string]metric{}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		m := metric{name: quoted.FindStringSubmatch(cells[0])[1], labels: []string{"instance", "job"}}
		for _, label := range quoted.FindAllStringSubmatch(cells[2], -1) {
			m.labels = append(m.labels, label[1])
		}
		switch kind := strings.TrimSpace(cells[1]); kind {
		case "counter", "gauge":
			if strings.HasSuffix(m.name, "_total") != (kind == "counter") {
				t.Errorf("%s is a %s: counters, and only they, end in _total", m.name, kind)
			}
			series[m.name] = m
		case "histogram":
			series[m.name+"_count"], series[m.name+"_sum"] = m, m
			series[m.name+"_bucket"] = metric{m.name, append(slices.Clone(m.labels), "le")}
		default:
			t.Errorf("%s is a %q, which is no type of metric", m.name, kind)
		}
	}
	return series
}

// check complains if the expression is no PromQL, or uses series or labels that the table does not promise.
func check(t *testing.T, series map[string]metric, where, expression string) (used []string) {
	t.Helper()
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expression)
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return nil
	}
	var known []string
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		selector, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		metric, found := series[selector.Name]
		if !found {
			t.Errorf("%s: no metric %q is promised", where, selector.Name)
			return nil
		}
		used, known = append(used, metric.name), append(known, metric.labels...)
		for _, matcher := range selector.LabelMatchers {
			if matcher.Name != model.MetricNameLabel && !slices.Contains(metric.labels, matcher.Name) {
				t.Errorf("%s: %s has no label %q", where, selector.Name, matcher.Name)
			}
		}
		return nil
	})
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		aggregate, ok := node.(*parser.AggregateExpr)
		if !ok {
			return nil
		}
		for _, label := range aggregate.Grouping {
			if !slices.Contains(known, label) {
				t.Errorf("%s: groups by %q, which no metric in it has", where, label)
			}
		}
		return nil
	})
	return used
}

func TestEveryPromisedMetricIsWatched(t *testing.T) {
	t.Parallel()
	series := promised(t)
	unused := map[string]bool{}
	for _, metric := range series {
		unused[metric.name] = true
	}
	for _, expression := range append(alertExpressions(t), dashboardExpressions(t)...) {
		for _, name := range check(t, series, expression.where, expression.text) {
			delete(unused, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(unused)) {
		t.Errorf("neither an alert nor the dashboard shows %s", name)
	}
}

// An expression is PromQL and where it was found.
type expression struct{ where, text string }
