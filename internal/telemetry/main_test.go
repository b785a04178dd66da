package telemetry_test

import (
	"os"
	"strings"
	"testing"
)

// TestMain keeps the settings of whoever runs the tests out of them.
func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "OTEL_") {
			if err := os.Unsetenv(name); err != nil {
				os.Exit(1)
			}
		}
	}
	os.Exit(m.Run())
}
