package doctor

// Verdict is how serious a finding is.
type Verdict string

// The verdicts, from the best to the worst.
const (
	Good Verdict = "ok"
	Note Verdict = "note" // worth knowing
	Warn Verdict = "warn" // works, but something is wrong
	Fail Verdict = "fail" // calls cannot succeed
)

var order = map[Verdict]int{Good: 0, Note: 1, Warn: 2, Fail: 3}

// Finding is one thing that was looked at.
type Finding struct {
	// Check names what was looked at, for instance "tls".
	Check string `json:"check"`
	// Backend is the name of the backend, for those who look at several; Examine leaves it empty.
	Backend string `json:"backend,omitempty"`
	// Endpoint is the address that it is about; empty if it is about all.
	Endpoint string  `json:"endpoint,omitempty"`
	Verdict  Verdict `json:"verdict"`
	// Detail says what was found.
	Detail string `json:"detail"`
	// Fix says what to do; empty if nothing is to be done.
	Fix string `json:"fix,omitempty"`
}

// Worst returns the worst verdict of findings; Good if there are none.
func Worst(findings []Finding) Verdict {
	worst := Good
	for _, f := range findings {
		if order[f.Verdict] > order[worst] {
			worst = f.Verdict
		}
	}
	return worst
}
