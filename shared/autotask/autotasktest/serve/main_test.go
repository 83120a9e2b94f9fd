package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

// serve runs the command and counts the rows of an entity of it.
func serve(t *testing.T, entity, secret string, args ...string) (status int, text string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := run(ctx, args, in)
		in.CloseWithError(err)
		done <- err
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSpace(line)+"/zone5/ATServicesRest/V1.0/"+entity+"/query/count",
		strings.NewReader(`{"Filter":[{"op":"exist","field":"id"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("UserName", autotasktest.DefaultCredentials.Username)
	r.Header.Set("Secret", secret)
	r.Header.Set("ApiIntegrationCode", autotasktest.DefaultCredentials.IntegrationCode)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	return resp.StatusCode, string(body)
}

func TestRun_PrintsItsURLAndServesUntilItIsStopped(t *testing.T) {
	usual := autotasktest.DefaultCredentials.Secret
	for _, test := range []struct {
		entity, secret string
		args           []string
		status         int
		text           string
	}{
		{"Companies", usual, nil, 200, `{"queryCount":60}`}, // the MSP itself and 60, of which one cannot be seen
		{"ConfigurationItems", usual, []string{"-items", "123456", "-companies", "7"}, 200, `{"queryCount":123456}`},
		{"Companies", usual, []string{"-items", "1", "-companies", "7", "-latency", "1ms"}, 200, `{"queryCount":8}`},
		{"Companies", "another", []string{"-secret", "another"}, 200, `{"queryCount":60}`},
		{"Companies", usual, []string{"-secret", "another"}, 401, ``},
	} {
		if status, text := serve(t, test.entity, test.secret, test.args...); status != test.status || text != test.text {
			t.Errorf("%s of %v: got %d %s, want %d %s", test.entity, test.args, status, text, test.status, test.text)
		}
	}
}

func TestRun_TheSeedDecidesWhoHasWhat(t *testing.T) {
	of := func(seed uint64) map[int64]map[int64]int64 {
		tenant, err := tenantOf(2_000, 5, seed)
		if err != nil {
			t.Fatal(err)
		}
		return tenant.ActiveItems()
	}
	first := of(1)
	if len(first) != 6 || len(first[0]) != len(typeNames) {
		t.Errorf("items of %d companies, company 0 has %v", len(first), first[0])
	}
	if again := of(1); again[3][2] != first[3][2] || again[3][2] == 0 {
		t.Errorf("the same seed: %d and %d", again[3][2], first[3][2])
	}
	same := true
	for company, types := range of(2) {
		for ty, n := range types {
			same = same && n == first[company][ty]
		}
	}
	if same {
		t.Error("another seed makes the same tenant")
	}
}

func TestRun_RefusesWhatCannotBe(t *testing.T) {
	for _, args := range [][]string{{"-address", "nowhere"}, {"-items", "-1"}, {"-items", "1", "-companies", "-1"}, {"-nonsense"}} {
		if err := run(t.Context(), args, io.Discard); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
