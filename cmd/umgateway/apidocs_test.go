package main

import (
	"net/http"
	"testing"
)

func TestTheDocumentationOfTheAPIIsForEverybody(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args   []string
		status int
	}{
		"by default":          {nil, http.StatusOK},
		"beside the console":  {[]string{"--console"}, http.StatusOK},
		"switched off":        {[]string{"--no-docs"}, http.StatusNotFound},
		"where callers sign":  {[]string{"--backend-identity", "caller-basic", "--backend-auth", "basic", "--backend-allow-insecure-basic"}, http.StatusOK},
		"only with a console": {[]string{"--console", "--no-docs"}, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := servePlain(t, "http://127.0.0.1:1/service", c.args...)
			for _, page := range []string{"/docs/", "/docs/reasons/DEADLINE", "/openapi.json", "/openapi.yaml", "/descriptors.binpb"} {
				if status, body := visit(t, address+page, ""); status != c.status {
					t.Errorf("%s answers %d %.200s, want %d", page, status, body, c.status)
				}
			}
			if status, _ := visit(t, address+"/v1/mailbox:umEnabled", ""); name == "where callers sign" && status != http.StatusUnauthorized {
				t.Errorf("a call of nobody is answered with %d", status)
			}
		})
	}
}
