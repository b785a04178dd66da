//go:build interop

package monitoring

import (
	"os/exec"
	"testing"
)

func TestAlertsFireWhenTheyShould(t *testing.T) {
	t.Parallel()
	output, err := exec.CommandContext(t.Context(), "promtool", "test", "rules", "testdata/alerts.yaml").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}
