package autotask

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// The transport that a client makes for itself: HTTP/2 and packed answers where the vendor has them, connections used again
// where it has not.
func TestClient_OwnTransport_KeepsItsConnections_AndTakesHTTP2AndPackedAnswers(t *testing.T) {
	for _, second := range []bool{false, true} {
		rows := even(20_000)
		s := newTenant(rows)
		var connections, unpacked, other atomic.Int64
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				unpacked.Add(1)
			}
			if r.ProtoAtLeast(2, 0) != second {
				other.Add(1)
			}
			s.ServeHTTP(w, r)
		}))
		server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				connections.Add(1)
			}
		}
		most := int64(inFlight)
		if second {
			server.EnableHTTP2 = true
			server.StartTLS()
			most = 1
		} else {
			server.Start()
		}
		s.zone = server.URL + "/ATServicesRest/"
		c, err := New(Config{BaseURL: server.URL, Credentials: func(context.Context, bool) (Credentials, error) {
			return Credentials{Username: "api+user@example.com", Secret: s.secret, IntegrationCode: "CODE", Version: "v1"}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		if second { // nothing but whom it trusts is other than in earnest
			trusted := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
			c.config.HTTP.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}
		}
		_, err = c.Login(t.Context())
		if err == nil {
			var counts ItemCounts
			if counts, err = c.CountItems(t.Context(), nil); err == nil && !maps.Equal(counted(counts), truth(rows)) {
				t.Error("the counts differ from a direct count")
			}
		}
		c.config.HTTP.CloseIdleConnections()
		server.Close()
		if err != nil {
			t.Fatal(err)
		}
		if n := connections.Load(); n > most {
			t.Errorf("HTTP/2 %v: %d connections for %d requests, want at most %d", second, n, c.Requests(), most)
		}
		if unpacked.Load() > 0 || other.Load() > 0 {
			t.Errorf("HTTP/2 %v: %d requests would not take packed answers, %d came over the other protocol", second, unpacked.Load(), other.Load())
		}
	}
}
