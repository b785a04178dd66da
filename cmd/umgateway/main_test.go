package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// adminAddr is the variable of --admin-addr. Tests run side by side, so that each process needs an address of its own.
const adminAddr = "UMGATEWAY_ADMIN_ADDR"

func TestMain(m *testing.M) {
	if _, set := os.LookupEnv(adminAddr); !set {
		if err := os.Setenv(adminAddr, "127.0.0.1:0"); err != nil {
			os.Exit(exitFailure)
		}
	}
	testscript.Main(m, map[string]func(){"umgateway": main})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{Dir: "testdata", Setup: func(env *testscript.Env) error {
		// Settings of whoever runs the tests must not reach the command.
		for _, name := range []string{"UMGATEWAY_BACKEND_URL", "UMGATEWAY_HTTP_ADDR", "UMGATEWAY_GRPC_ADDR"} {
			if err := os.Unsetenv(name); err != nil {
				return err
			}
		}
		return nil
	}})
}
