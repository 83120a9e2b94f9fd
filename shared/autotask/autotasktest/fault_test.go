package autotasktest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"net/http/httptest"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

func TestFaults_AnswerInTheirWay(t *testing.T) {
	for name, test := range map[string]struct {
		fault  autotasktest.Fault
		status int
		text   string // part of it
	}{
		"500":               {autotasktest.Fault{}, 500, `{"errors":["Object reference not set`},
		"500 with a text":   {autotasktest.Fault{Text: `a "text"`}, 500, `{"errors":["a \"text\""]}`},
		"429":               {autotasktest.Fault{Status: 429, Text: "slow down"}, 429, `slow down`},
		"401":               {autotasktest.Fault{Kind: autotasktest.Unauthorized}, 401, ``},
		"503 page":          {autotasktest.Fault{Kind: autotasktest.HTMLPage}, 503, `<html>`},
		"500 without JSON":  {autotasktest.Fault{Kind: autotasktest.HTMLPage, Status: 500, Text: "Runtime Error"}, 500, `Runtime Error`},
		"200 page":          {autotasktest.Fault{Kind: autotasktest.HTMLPage, Status: 200}, 200, `<html>`},
		"empty":             {autotasktest.Fault{Kind: autotasktest.EmptyAnswer}, 200, ``},
		"200 with errors":   {autotasktest.Fault{Kind: autotasktest.WithErrors}, 200, `{"errors":["`},
		"null items":        {autotasktest.Fault{Kind: autotasktest.NullItems}, 200, `{"items":null,"pageDetails":{`},
		"no pageDetails":    {autotasktest.Fault{Kind: autotasktest.NoPageDetails}, 200, `{"items":[]}`},
		"threads":           {autotasktest.Fault{Kind: autotasktest.Threads}, 429, `thread threshold of 3 threads has been exceeded`},
		"threads under 500": {autotasktest.Fault{Kind: autotasktest.ThreadsAs500}, 500, `thread threshold of 3 threads has been exceeded`},
	} {
		t.Run(name, func(t *testing.T) {
			tenant := small()
			c := start(t, tenant)
			right := c.post(items, all).text
			tenant.Inject(test.fault)
			a := c.post(items, all)
			if a.status != test.status || !strings.Contains(a.text, test.text) || test.text == "" && a.text != "" {
				t.Errorf("got %d %q", a.status, a.text)
			}
			want(t, "and then right again", c.post(items, all).text, right)
		})
	}
}

func TestFault_Truncated_TheResponseIsWholeTheJSONIsNot(t *testing.T) {
	tenant := small()
	c := start(t, tenant)
	right := c.post(items, all).text
	tenant.Inject(autotasktest.Fault{Kind: autotasktest.Truncated})
	a := c.post(items, all)
	want(t, "error", a.err, nil)
	want(t, "half", a.text, right[:len(right)/2])
}

func TestFault_TheConnectionIsCut(t *testing.T) {
	tenant := small()
	c := start(t, tenant)
	for kind, status := range map[autotasktest.Kind]int{autotasktest.CutMidBody: 200, autotasktest.DropBefore: 0} {
		tenant.Inject(autotasktest.Fault{Kind: kind, Times: -1})
		tenant.ResetLog()
		a := c.post(items, all)
		if a.err == nil || a.status != status || (a.text == "") != (status == 0) {
			t.Errorf("kind %d: got %d, %d bytes, %v", kind, a.status, len(a.text), a.err)
		}
		if log := tenant.Requests(); len(log) == 0 || log[0].Status != -1 {
			t.Errorf("kind %d: log %+v", kind, log)
		}
		tenant.ClearFaults()
	}
	for range 4 { // the slots of what was cut are free again
		want(t, "afterwards", c.post(items, all).status, 200)
	}
}

func TestFault_Gzipped(t *testing.T) {
	tenant := small()
	c := start(t, tenant)
	tenant.Inject(autotasktest.Fault{Kind: autotasktest.Gzipped, Times: 2})
	got, _ := c.post(items, all).page(t) // Go's transport unpacks what it asked for
	want(t, "rows", len(got), 7)
	want(t, "packed", ask(tenant, "", "ConfigurationItems/query").Body.String()[:2], "\x1f\x8b")
}

func TestAnswers_ArePackedForWhoAcceptsIt_OnlyByTheSwitch(t *testing.T) {
	tenant := small()
	encoding := func(accepted string) string {
		r := httptest.NewRequest("GET", "/zone5/ATServicesRest/V1.0/Companies/0", nil)
		login(r, autotasktest.DefaultCredentials)
		r.Header.Set("Accept-Encoding", accepted)
		w := httptest.NewRecorder()
		tenant.ServeHTTP(w, r)
		return w.Header().Get("Content-Encoding")
	}
	want(t, "usual", encoding("gzip"), "")
	tenant.Switch(func(s *autotasktest.Switches) { s.Gzip = true })
	want(t, "switched", []string{encoding("gzip"), encoding("identity"), encoding("")}, []string{"gzip", "", ""})
	got, _ := start(t, tenant).post(items, all).page(t)
	want(t, "rows, as Go's client unpacks them", len(got), 7)
}

func TestFault_Slow_ComesAfterTheDelayOrNotAtAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant := small()
		tenant.Inject(autotasktest.Fault{Kind: autotasktest.Slow, Delay: 6 * time.Minute, Times: 2})
		begun := time.Now()
		want(t, "status", ask(tenant, "", "Companies/query").Code, 200)
		want(t, "took", time.Since(begun), 6*time.Minute)

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		defer func() {
			err, _ := recover().(error)
			want(t, "the client went away", err != nil && strings.Contains(err.Error(), "abort Handler"), true)
			want(t, "ended by its time-out", errors.Is(ctx.Err(), context.DeadlineExceeded) && time.Since(begun) == 7*time.Minute, true)
		}()
		r := httptest.NewRequestWithContext(ctx, "GET", "/zone5/ATServicesRest/V1.0/Companies/0", nil)
		login(r, autotasktest.DefaultCredentials)
		tenant.ServeHTTP(httptest.NewRecorder(), r)
	})
}

func TestFault_MissingRows_ThePageLacksThemAndPagesOn(t *testing.T) {
	tenant := small()
	c := start(t, tenant)
	body := `{"MaxRecords":4,"Filter":[` + everyRow + `]}`
	for missing, rows := range map[int][]int64{1: ids(10, 20, 40), 2: ids(10, 40), 3: ids(40), 4: nil, 500: nil} {
		tenant.Inject(autotasktest.Fault{Kind: autotasktest.MissingRows, Rows: missing})
		got, next := c.post(items, body).page(t)
		want(t, "rows", got, rows)
		rest, _ := c.post(next, body).page(t)
		want(t, "next page", rest, ids(50, 60, 1<<40))
	}
}

func TestFault_WrongCount(t *testing.T) {
	tenant := small()
	c := start(t, tenant)
	tenant.Inject(autotasktest.Fault{Kind: autotasktest.WrongCount, Rows: -2})
	want(t, "wrong", c.count("ConfigurationItems", everyRow), 5)
	want(t, "right", c.count("ConfigurationItems", everyRow), 7)
}

func TestFault_MeetsWhatMatchesAfterTheSkippedForItsTimes(t *testing.T) {
	tenant := small()
	c := start(t, tenant)
	tenant.Inject(autotasktest.Fault{Match: autotasktest.On("configurationitems", "count"), Skip: 1, Times: 2, RetryAfter: 1500 * time.Millisecond})
	var got []int
	for range 5 {
		a := c.post(items+"/count", all)
		got = append(got, a.status)
		if a.status == 500 {
			want(t, "Retry-After", a.header.Get("Retry-After"), "2")
		}
		want(t, "another operation", c.post(items, all).status, 200)
	}
	want(t, "statuses", got, []int{200, 500, 500, 200, 200})
}

func TestFault_OfTheZoneCall(t *testing.T) {
	tenant := small()
	c := start(t, tenant)
	path := "V1.0/zoneInformation?user=" + autotasktest.DefaultCredentials.Username
	tenant.Inject(autotasktest.Fault{})
	want(t, "not by a fault for authenticated requests", c.get(path).status, 200)
	tenant.ClearFaults()
	tenant.Inject(autotasktest.Fault{Match: autotasktest.On("zoneInformation", ""), Kind: autotasktest.HTMLPage})
	want(t, "by one of its own", c.get(path).status, 503)
}
