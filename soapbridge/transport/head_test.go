package transport

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestNamesOfFieldsAreCanonicalHoweverManyThereAre(t *testing.T) {
	t.Parallel()
	var names fieldNames
	for round := range 2 {
		for i := range 2 * maxFieldNames {
			for _, form := range []string{"x-ASPNET-%d", "X-Aspnet-%d", "content-type%[1]d", "x_y%d"} {
				name := fmt.Sprintf(form, i)
				if got, want := names.canonical(name), http.CanonicalHeaderKey(name); got != want {
					t.Errorf("round %d: %q became %q, want %q", round, name, got, want)
				}
			}
		}
	}
	if len(names.known) > maxFieldNames {
		t.Errorf("%d names are kept, want %d at most", len(names.known), maxFieldNames)
	}
}

func TestNameOfAFieldIsAToken(t *testing.T) {
	t.Parallel()
	const token = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" // RFC 9110 section 5.6.2
	for c := range 256 {
		if got, want := isFieldName("X"+string([]byte{byte(c)})), strings.IndexByte(token, byte(c)) >= 0; got != want {
			t.Errorf("%q in a name: %v", byte(c), got)
		}
	}
	if isFieldName("") {
		t.Error("a name may be empty")
	}
}
