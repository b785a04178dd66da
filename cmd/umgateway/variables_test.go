package main

import (
	"io"
	"slices"
	"testing"
)

func TestVariablesThatNobodyReadsAreNamedWithWhatWasMeant(t *testing.T) {
	t.Parallel()
	var exit *int
	command, _, err := parseWith(&configFile{}, []string{"serve"}, &exit, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	got := strangeVariables(command, []string{
		"UMGATEWAY_BACKEND_URL=http://127.0.0.1:1/", "UMGATEWAY_ADDR=127.0.0.1:1", "UMGATEWAY_BROKEN=x", "HOME=/", "UMGATEWAYS=x",
		// A service of the name umgateway, and one of the name umgateway-admin, in Kubernetes.
		"UMGATEWAY_SERVICE_HOST=10.0.0.11", "UMGATEWAY_SERVICE_PORT=8080", "UMGATEWAY_SERVICE_PORT_HTTP=8080", "UMGATEWAY_PORT=tcp://10.0.0.11:8080",
		"UMGATEWAY_PORT_8080_TCP=tcp://10.0.0.11:8080", "UMGATEWAY_PORT_8080_TCP_PROTO=tcp", "UMGATEWAY_PORT_8080_TCP_PORT=8080",
		"UMGATEWAY_PORT_8080_TCP_ADDR=10.0.0.11", "UMGATEWAY_ADMIN_SERVICE_HOST=10.0.0.12",
		"UMGATEWAY_BAKCEND_URL=x", "UMGATEWAY_HTTP_ADR=x", "UMGATEWAY_QQ=x", "UMGATEWAY_HTTP_PORT=of no use",
	})
	want := []string{
		`the environment variable UMGATEWAY_BAKCEND_URL is no setting (did you mean "UMGATEWAY_BACKEND_URL"?)`,
		`the environment variable UMGATEWAY_HTTP_ADR is no setting (did you mean "UMGATEWAY_HTTP_ADDR"?)`,
		`the environment variable UMGATEWAY_HTTP_PORT is no setting (did you mean "UMGATEWAY_HTTP_ADDR"?)`,
		`the environment variable UMGATEWAY_QQ is no setting`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
