package main

import (
	"slices"
	"strings"
	"testing"
)

func TestHeadersAreSentOverBothFronts(t *testing.T) {
	t.Parallel()
	s := &standIn{}
	for front, flag := range s.serve(t) {
		for _, command := range [][]string{{"props"}, {"play", "--to=1", "--entry-id=AAAA"}} {
			s.backends = nil
			args := append(command, flag, "--header", "X-UM-Backend=new, or=old", "--header=x-um-backend=second")
			if _, stderr, code := umctl(t, map[string]string{"UMCTL_TOKEN": "t"}, args...); code != 0 {
				t.Fatalf("%s: exit code %d: %s", front, code, stderr)
			}
			if want := []string{"new, or=old", "second"}; !slices.Equal(s.backends, want) {
				t.Errorf("%s: the gateway saw %q, want %q", front, s.backends, want)
			}
			if !slices.Contains(s.authorizations, "Bearer t") {
				t.Errorf("%s: the credential is not shown any more", front)
			}
		}
	}
}

func TestHeadersThatAreNoneOrCarrySecretsAreRefused(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"x-um-backend":         "wants a name",
		"=new":                 "no name of a header",
		"x um=new":             "no name of a header",
		"x-ü=new":              "no name of a header",
		":path=new":            "no name of a header",
		"Authorization=secret": "credentials are given by",
		"Cookie=secret":        "no flags",
		"grpc-timeout=1S":      "meaning of their own",
		"x-key-bin=AAAA":       "meaning of their own",
		"Host=evil":            "umctl sets it",
		"idempotency-key=1":    "--request-id",
		"x-um-backend=a\nb":    "not printable",
		"x-um-backend=ü":       "not printable",
		"x-um-backend= new":    "a space",
	} {
		_, stderr, code := umctl(t, nil, "props", "--addr=127.0.0.1:1", "--header", header)
		if code != exitUsage || !strings.Contains(stderr, want) || strings.Contains(stderr, "secret") {
			t.Errorf("%q: exit code %d, %s", header, code, stderr)
		}
	}
}
