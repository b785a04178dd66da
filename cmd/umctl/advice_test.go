package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestReasonsThatUsersCanMendHaveAdvice holds the advice to docs/reasons.md, which is complete by a rule of the repository.
func TestReasonsThatUsersCanMendHaveAdvice(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/reasons.md")
	if err != nil {
		t.Fatal(err)
	}
	explained := map[string]bool{}
	for section := range strings.SplitSeq(string(page), "\n### ") {
		reason, body, _ := strings.Cut(section, "\n")
		explained[reason] = true
		byCaller := regexp.MustCompile(`\*\*Who acts:\*\* the caller`).MatchString(body)
		if _, advised := reasonAdvice[reason]; byCaller && !advised && reason != "CANCELED" {
			t.Errorf("umctl has no advice for %s, which the caller can mend", reason)
		}
	}
	for reason := range reasonAdvice {
		if !explained[reason] {
			t.Errorf("umctl has advice for %s, and docs/reasons.md no section", reason)
		}
	}
}
