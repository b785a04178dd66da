//go:build interop

package interop

import (
	"testing"

	"github.com/umgateway/umgateway/soapbridge/transport"
	"github.com/umgateway/umgateway/soapbridge/transport/kerberos"
)

func TestTokenFromPassword(t *testing.T) {
	k := startKDC(t)
	c, err := kerberos.New(kerberos.Config{Profile: k.profile(t), Username: "alice@contoso.com", Password: transport.StaticPassword(users["alice"])})
	if err != nil {
		t.Fatal(err)
	}
	token, err := c.Token(t.Context(), spn, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, k.output())
	}
	t.Logf("%d bytes\n%s", len(token), k.output())
}
