package transport

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func mustURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

const service = "https://mail.contoso.com/EWS/UM2007Legacy.asmx"

func TestJarKeepsWhatWouldBeSent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		url  string
		set  []string
		want string
	}{
		"none":                          {service, nil, ""},
		"a load balancer's":             {service, []string{"BIGipServer=1677787402.36895.0000; path=/; Secure; HttpOnly"}, "BIGipServer=1677787402.36895.0000"},
		"two":                           {service, []string{"a=1", "b=2"}, "a=1; b=2"},
		"longer paths first":            {service, []string{"a=1; Path=/", "b=2; Path=/EWS"}, "b=2; a=1"},
		"same name, other path":         {service, []string{"a=1; Path=/", "a=2; Path=/EWS"}, "a=2; a=1"},
		"set again":                     {service, []string{"a=1", "b=2", "a=3"}, "b=2; a=3"},
		"quoted":                        {service, []string{`a="1 2"`}, `a="1 2"`},
		"deleted by age":                {service, []string{"a=1", "a=; Max-Age=0"}, ""},
		"deleted by date":               {service, []string{"a=1", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}, ""},
		"age before date":               {service, []string{"a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}, "a=1"},
		"of the host":                   {service, []string{"a=1; Domain=mail.contoso.com"}, "a=1"},
		"of its domain":                 {service, []string{"a=1; Domain=.Contoso.com"}, "a=1"},
		"of another host":               {service, []string{"a=1; Domain=www.contoso.com"}, ""},
		"of a name that only ends so":   {service, []string{"a=1; Domain=il.contoso.com"}, ""},
		"of the path":                   {service, []string{"a=1; Path=/EWS/UM2007Legacy.asmx"}, "a=1"},
		"of another path":               {service, []string{"a=1; Path=/owa"}, ""},
		"of a path that only starts so": {service, []string{"a=1; Path=/EW"}, ""},
		"of no path":                    {service, []string{"a=1; Path=EWS"}, "a=1"},
		"secure over http":              {"http://mail.contoso.com/EWS", []string{"a=1; Secure", "b=2"}, "b=2"},
		"without path in the URL":       {"http://mail.contoso.com", []string{"a=1"}, "a=1"},
		"not well formed":               {service, []string{"=1", "", "a b=1", "c=3"}, "c=3"},
		"line break inside":             {service, []string{"a=1\r\nX: y"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var j jar
			j.store(test.set, mustURL(t, test.url))
			if got := j.header(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestJarIsBounded(t *testing.T) {
	t.Parallel()
	var j jar
	u := mustURL(t, service)
	for i := range 1000 {
		j.store([]string{fmt.Sprintf("c%d=%s", i, strings.Repeat("x", 100)), "big=" + strings.Repeat("x", maxCookieBytes)}, u)
	}
	if got := j.header(); len(j.cookies) > maxCookies || len(got) > maxJarBytes || !strings.Contains(got, "c999=") {
		t.Errorf("%d cookies, %d bytes", len(j.cookies), len(got))
	}
}

func TestCookieEndsInItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j jar
		j.store([]string{"a=1; Max-Age=60", "b=2; Max-Age=9999999999999", "c=3"}, mustURL(t, service))
		for _, test := range []struct {
			after time.Duration
			want  string
		}{{59 * time.Second, "a=1; b=2; c=3"}, {time.Second, "b=2; c=3"}, {401 * 24 * time.Hour, "c=3"}} {
			time.Sleep(test.after)
			if got := j.header(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		}
	})
}
