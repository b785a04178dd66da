package doctor

import (
	"net/http"
	"os"
	"strings"
)

// proxyVariables are where other programs on this machine may learn of a proxy.
var proxyVariables = []string{"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy"}

// proxy tells of proxies: the gateway uses none, and one that is on the way nevertheless says so (RFC 9110, section 7.6.3).
func (x *examination) proxy(reply *http.Response) {
	if via := reply.Header.Values("Via"); len(via) > 0 {
		x.find("proxy", Note, "something on the way passes requests on: "+strings.Join(via, ", "),
			"if signing in fails, go around it: NTLM and Kerberos with NTLM inside need one connection from end to end")
	}
	for _, name := range proxyVariables {
		if os.Getenv(name) != "" {
			x.find("proxy", Note, "this machine has "+name+" set, and the gateway goes to the server directly",
				"allow connections from here to the server, if only the proxy may reach it")
			return
		}
	}
}
