package monitoring

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

func alerts(t *testing.T) []rulefmt.Rule {
	t.Helper()
	text, err := os.ReadFile("alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	groups, errs := rulefmt.Parse(text, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	for _, err := range errs {
		t.Error(err)
	}
	var rules []rulefmt.Rule
	for _, group := range groups.Groups {
		rules = append(rules, group.Rules...)
	}
	return rules
}

func alertExpressions(t *testing.T) []expression {
	t.Helper()
	var found []expression
	for _, rule := range alerts(t) {
		found = append(found, expression{"alert " + rule.Alert, rule.Expr})
	}
	return found
}

func TestEveryAlertSaysWhatToThinkOfIt(t *testing.T) {
	t.Parallel()
	rules := alerts(t)
	if len(rules) == 0 {
		t.Fatal("no alerts")
	}
	for _, rule := range rules {
		if severity := rule.Labels["severity"]; severity != "critical" && severity != "warning" {
			t.Errorf("%s: severity %q", rule.Alert, severity)
		}
		for _, annotation := range []string{"summary", "description"} {
			if rule.Annotations[annotation] == "" {
				t.Errorf("%s: no %s", rule.Alert, annotation)
			}
		}
	}
}

func TestEveryAlertIsTriedOut(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range alerts(t) {
		_, after, found := strings.Cut(string(text), fmt.Sprintf("alertname: %s\n        exp_alerts:", rule.Alert))
		if !found || after == "" {
			t.Errorf("testdata/alerts.yaml does not make %s fire", rule.Alert)
		}
	}
}
