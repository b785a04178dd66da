package doctor

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/umgateway/umgateway/internal/backend"
)

// examination is one endpoint that is being looked at.
type examination struct {
	settings backend.Settings
	address  *url.URL
	findings []Finding
}

func (x *examination) find(check string, verdict Verdict, detail, fix string) {
	x.findings = append(x.findings, Finding{Check: check, Endpoint: x.address.String(), Verdict: verdict, Detail: detail, Fix: fix})
}

// stepTimeout bounds each thing that is looked at.
const stepTimeout = 10 * time.Second

// Examine looks at each address of a backend, from the name to the operation. What cannot be looked at because something
// before it failed is left out.
func Examine(ctx context.Context, settings backend.Settings) []Finding {
	if err := settings.Check(); err != nil {
		return []Finding{{Check: "settings", Verdict: Fail, Detail: err.Error(), Fix: "correct the settings: umgateway serve --help lists them"}}
	}
	var findings []Finding
	for _, address := range settings.URLs {
		one := settings
		one.URLs = []string{address}
		findings = append(findings, examine(ctx, one)...)
	}
	return findings
}

func examine(ctx context.Context, settings backend.Settings) []Finding {
	address, err := url.Parse(settings.URLs[0])
	if err != nil || address.Hostname() == "" {
		return []Finding{{Check: "settings", Endpoint: settings.URLs[0], Verdict: Fail, Detail: "this is not a URL",
			Fix: "write it like https://mail.example.com/UnifiedMessaging/Service.asmx"}}
	}
	x := &examination{settings: settings, address: address}
	for _, step := range []func(context.Context) bool{x.name, x.reach, x.encryption, x.web, x.operation} {
		limited, cancel := context.WithTimeout(ctx, stepTimeout)
		goOn := step(limited)
		cancel()
		if !goOn {
			break
		}
	}
	return x.findings
}

// name looks the host up.
func (x *examination) name(ctx context.Context) bool {
	host := x.address.Hostname()
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		x.find("dns", Fail, fmt.Sprintf("%s has no address: %v", host, err), "check the spelling of the host and the name servers of this machine")
		return false
	}
	x.find("dns", Good, host+" is "+strings.Join(addresses, ", "), "")
	return true
}

func (x *examination) hostPort() string {
	if x.address.Port() != "" {
		return x.address.Host
	}
	return net.JoinHostPort(x.address.Hostname(), map[string]string{"http": "80", "https": "443"}[x.address.Scheme])
}

// reach connects.
func (x *examination) reach(ctx context.Context) bool {
	start := time.Now()
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", x.hostPort())
	if err != nil {
		x.find("tcp", Fail, fmt.Sprintf("%s cannot be reached: %v", x.hostPort(), err),
			"check that the server runs, and what firewalls between here and there let pass; the gateway asks no proxy")
		return false
	}
	connection.Close()
	x.find("tcp", Good, fmt.Sprintf("%s was reached in %v", x.hostPort(), time.Since(start).Round(time.Microsecond)), "")
	return true
}
