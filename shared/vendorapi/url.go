package vendorapi

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// CheckBaseURL reads a base URL of the setting of that name: https, or http to this very machine. Credentials go there,
// so nothing else will do. The answer has no slash at its end.
func CheckBaseURL(setting, value string) (*url.URL, error) {
	fail := func(what string) (*url.URL, error) {
		return nil, fmt.Errorf("%s: %s; set it to an address such as https://example.com", setting, what)
	}
	u, err := url.Parse(strings.TrimSpace(value))
	if err != nil { // whose text repeats the value, which may hold a password
		return fail("not a URL")
	}
	switch {
	case u.User != nil:
		return fail("a user name or password must not stand in it")
	case u.Host == "" || u.Hostname() == "" || u.Opaque != "":
		return fail("no host in it")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return fail("a query or fragment must not stand in it")
	case u.Scheme == "http" && !IsLoopback(u.Hostname()):
		return fail("http is for localhost, 127.0.0.0/8 and ::1 only, as credentials would travel in the clear; use https")
	case u.Scheme != "http" && u.Scheme != "https":
		return fail(fmt.Sprintf("scheme %q is not https", u.Scheme))
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	return u, nil
}

// IsLoopback tells whether a host (without port) is this very machine: localhost, 127.0.0.0/8 or ::1, nothing else.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Zone() == "" && !addr.Is4In6() && addr.IsLoopback()
}
