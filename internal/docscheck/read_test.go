package docscheck

import (
	"slices"
	"testing"
)

const example = "# A page\n\n" +
	"```sh\nFOO=bar umgateway serve \\\n  --backend-url x # y\numctl get 'a\nb'\n\n# nothing\ncat >f <<'EOF'\nx\nEOF\necho $?\n```\n\n" +
	"1. In a list\n\n   ```console\n   $ curl x\n   {}\n   $ echo $?\n   0\n   ```\n\n" +
	"    go on\n\nText\n\n    unfenced\n\n```yaml\na: b\n```\n"

func TestPagesAreTakenApart(t *testing.T) {
	t.Parallel()
	all := blocks("x.md", example)
	if len(all) != 3 || all[2].language != "yaml" {
		t.Fatalf("the blocks are %+v", all)
	}
	want := []step{
		{page: "x.md", line: 4, command: "FOO=bar umgateway serve \\\n  --backend-url x # y", server: "gateway"},
		{page: "x.md", line: 6, command: "umctl get 'a\nb'"},
		{page: "x.md", line: 10, command: "cat >f <<'EOF'\nx\nEOF"},
		{page: "x.md", line: 13, command: "echo $?"},
	}
	same := func(a, b step) bool {
		return a.page == b.page && a.line == b.line && a.command == b.command && a.server == b.server && slices.Equal(a.output, b.output) && a.checked == b.checked
	}
	if got := all[0].steps(); !slices.EqualFunc(got, want, same) {
		t.Errorf("the steps are\n%+v, want\n%+v", got, want)
	}
	want = []step{
		{page: "x.md", line: 19, command: "curl x", output: []string{"{}"}, checked: true},
		{page: "x.md", line: 21, command: "echo $?", output: []string{"0"}, checked: true},
	}
	if got := all[1].steps(); !slices.EqualFunc(got, want, same) {
		t.Errorf("the steps are\n%+v, want\n%+v", got, want)
	}
	if got := unfenced(example); !slices.Equal(got, []string{"    unfenced"}) {
		t.Errorf("without a fence is %q", got)
	}
}

func TestOutputIsComparedWithoutWhatVaries(t *testing.T) {
	t.Parallel()
	const one, other = "N2I0NjUxMWItNTUxMy00MTA0LTlhMjI=", "MDlkZjllZGMtNGUyMy00NzA5LWJkYWY="
	for _, c := range []struct {
		printed, got string
		want         bool
	}{
		{"{}", "{}\n", true},
		{"{}", "{}\nmore", false},
		{`{"callId":"` + one + `"}`, `{"callId":"` + other + `"}`, true},
		{`{"callId":"` + one + `"}`, `{"callId":""}`, false},
		{"CALL_STATE_ALERTED", "CALL_STATE_CONNECTING", true},
		{"CALL_STATE_ALERTED", "CALL_STATE_DISCONNECTED", false},
		{"2026-11-02T10:00:00Z  ringing", "2027-01-31T23:59:59.25Z ringing", true},
		{"in 1.5ms", "in 20µs", true},
		{"ok   tcp  …\n…\nfail x", "ok tcp 127.0.0.1\nok a\nok b\nfail x", true},
		{"ok …\nfail x", "ok b\nfail y", false},
		{"a.c", "abc", false},
	} {
		if got := matches(c.printed, c.got); got != c.want {
			t.Errorf("%q matches %q: %v, want %v", c.printed, c.got, got, c.want)
		}
	}
	ids := map[string]string{}
	learn(ids, one, other)
	if ids[one] != other {
		t.Errorf("learned %v", ids)
	}
}
