package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"
)

func TestPolicyExplainTellsProgramsWhetherACallIsAllowed(t *testing.T) {
	t.Parallel()
	path := replaceFile(t, filepath.Join(t.TempDir(), "umgateway.yaml"), read(t, sampleOfBackends))
	for name, c := range map[string]struct {
		arguments []string
		code      int
		backend   string
	}{
		"allowed":              {[]string{"--role", "um-tester", "--header", "x-um-backend=new"}, 0, "new"},
		"denied by the policy": {[]string{"--role", "um-tester", "--role", "um-guest", "--header", "x-um-backend=new"}, exitDenied, "new"},
		"without a backend":    {[]string{"--role", "um-tester", "--header", "x-um-backend=nowhere"}, exitDenied, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var told, failed bytes.Buffer
			command := []string{"policy", "explain", "PlayOnPhone", "-o", "json", "--config", path, "--kind", "jwt", "--name", "alice", "--dial-string", "4255550100"}
			code := run(append(command, c.arguments...), &told, &failed)
			var answer explained
			if err := json.Unmarshal(told.Bytes(), &answer); err != nil {
				t.Fatalf("%v in %s, %s", err, told.String(), failed.String())
			}
			if code != c.code || answer.Allowed != (c.code == 0) || answer.Routing.Backend != c.backend || len(answer.Policy.Rules) == 0 {
				t.Errorf("ends with %d and says %s", code, told.String())
			}
		})
	}
}
