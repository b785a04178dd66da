package transport

import (
	"fmt"
	"net/http"
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
