package synthesizetest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

func TestFault_AnswersInsteadAndNothingTakesEffect(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	id := c.mapped(m)
	for name, test := range map[string]struct {
		fault      synthesizetest.Fault
		status     int
		body       string
		retryAfter string
	}{
		"401":         {synthesizetest.Fault{Kind: synthesizetest.Unauthorized}, 401, unauthorized, ""},
		"403":         {synthesizetest.Fault{Kind: synthesizetest.Forbidden}, 403, `{"statusCode":403,"message":"Forbidden"}`, ""},
		"404 vendor":  {synthesizetest.Fault{Kind: synthesizetest.VendorNotFound}, 404, `{"statusCode":404,"message":"Vendor Profile Not Found"}`, ""},
		"404 other":   {synthesizetest.Fault{Kind: synthesizetest.NotFound}, 404, `{"statusCode":404,"message":"Cannot POST ` + countPath(id) + `"}`, ""},
		"409":         {synthesizetest.Fault{Kind: synthesizetest.Conflict}, 409, exists, ""},
		"429":         {synthesizetest.Fault{Kind: synthesizetest.TooManyRequests}, 429, `{"statusCode":429,"message":"Request limit reached"}`, ""},
		"429 wait":    {synthesizetest.Fault{Kind: synthesizetest.TooManyRequests, RetryAfter: "3"}, 429, `{"statusCode":429,"message":"Request limit reached"}`, "3"},
		"400":         {synthesizetest.Fault{Kind: synthesizetest.BadRequest, Message: "no"}, 400, `{"statusCode":400,"message":"no","error":"Bad Request"}`, ""},
		"400 array":   {synthesizetest.Fault{Kind: synthesizetest.BadRequest, Messages: []string{"a", "b"}}, 400, `{"statusCode":400,"message":["a","b"],"error":"Bad Request"}`, ""},
		"500":         {synthesizetest.Fault{Kind: synthesizetest.ServerError}, 500, `{"statusCode":500,"message":"Internal server error"}`, ""},
		"502":         {synthesizetest.Fault{Kind: synthesizetest.ServerError, Status: 502}, 502, `{"statusCode":502,"message":"Bad Gateway"}`, ""},
		"503":         {synthesizetest.Fault{Kind: synthesizetest.ServerError, Status: 503, RetryAfter: "soon"}, 503, `{"statusCode":503,"message":"Service Unavailable"}`, "soon"},
		"any, like I": {synthesizetest.Fault{Kind: synthesizetest.Answer, Status: 418, Message: "tea"}, 418, `{"statusCode":418,"message":"tea"}`, ""},
	} {
		m.Inject(test.fault)
		r := c.post(countPath(id), countBody("175", "1"))
		wantReply(t, name, r, test.status, test.body)
		want(t, name+": Retry-After", r.header.Get("Retry-After"), test.retryAfter)
	}
	m.Inject(synthesizetest.Fault{Kind: synthesizetest.ServerError, Status: 504, HTML: true})
	r := c.post(countPath(id), countBody("175", "1"))
	want(t, "HTML status", r.status, 504)
	want(t, "HTML type", r.header.Get("Content-Type"), "text/html; charset=utf-8")
	want(t, "HTML", strings.Contains(r.body, "<h1>504 Gateway Timeout</h1>"), true)
	want(t, "stored", len(m.Counts()), 0)
	want(t, "afterwards", c.count(id, "175", "1").status, 201)
}

func TestFault_MayAnswerAnErrorAlthoughTheCallTookEffect(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	id := c.mapped(m)
	m.Inject(synthesizetest.Fault{Kind: synthesizetest.ServerError, Status: 502, HTML: true, Evaluated: true})
	want(t, "status", c.count(id, "175", "9").status, 502)
	want(t, "stored", m.Counts()[acme], "9")
	last := m.Requests()[m.Total()-1]
	want(t, "answered", last.Status, 502)
	want(t, "evaluated", last.Evaluated, 201)
}

// Every writing call may be accepted while its answer is lost, and may be lost before it is accepted.
func TestFault_LosesTheAnswerOrTheRequestOfEachWrite(t *testing.T) {
	for _, write := range []struct {
		name   string
		call   func(c *client, serviceID string) reply
		effect func(m *synthesizetest.Simulator) bool
	}{
		{"count", func(c *client, id string) reply { return c.count(id, "175", "7") },
			func(m *synthesizetest.Simulator) bool { return m.Counts()[acme] == "7" }},
		{"accounts", func(c *client, _ string) reply { return c.post(accountsPath, `[{"id":"9","name":"N"}]`) },
			func(m *synthesizetest.Simulator) bool { return len(m.Accounts()) == 2 }},
		{"service", func(c *client, _ string) reply {
			return c.post(servicePath, `{"name":"N","description":"","category":"other","subcategory":"other"}`)
		}, func(m *synthesizetest.Simulator) bool { return len(m.Services()) == 2 }},
		{"status", func(c *client, _ string) reply { return c.do("PATCH", orgPath+"/status/pending", "") },
			func(m *synthesizetest.Simulator) bool { return m.Status() == synthesizetest.Pending }},
		{"account", func(c *client, _ string) reply { return c.do("PATCH", accountsPath+"/175", `{"name":"N"}`) },
			func(m *synthesizetest.Simulator) bool { return m.Accounts()[0].Name == "N" }},
	} {
		for kind, takesEffect := range map[synthesizetest.Kind]bool{
			synthesizetest.DropBefore: false, synthesizetest.DropAfter: true, synthesizetest.DropMidAnswer: true,
		} {
			for transport, begin := range map[string]func(testing.TB) (*synthesizetest.Simulator, *client){
				"socket": func(t testing.TB) (*synthesizetest.Simulator, *client) { return start(t, synthesizetest.Options{}) },
				"in memory": func(t testing.TB) (*synthesizetest.Simulator, *client) {
					m := synthesizetest.New(synthesizetest.Options{})
					return m, inMemory(t, m)
				},
			} {
				t.Run(write.name+"/"+string(kind)+"/"+transport, func(t *testing.T) {
					m, c := begin(t)
					id := c.mapped(m)
					m.Inject(synthesizetest.Fault{Where: synthesizetest.Where{Writes: true}, Kind: kind})
					r := write.call(c, id)
					if !lost(r) {
						t.Fatalf("not lost: %d %q %v", r.status, r.body, r.err)
					}
					want(t, "got a status", r.status != 0, kind == synthesizetest.DropMidAnswer)
					want(t, "took effect", write.effect(m), takesEffect)
				})
			}
		}
	}
}

func TestFault_SpoilsTheBody(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	id := c.mapped(m)
	m.Inject(synthesizetest.Fault{Kind: synthesizetest.EmptyBody})
	wantReply(t, "empty", c.count(id, "175", "1"), 201, "")
	m.Inject(synthesizetest.Fault{Kind: synthesizetest.TruncatedJSON})
	wantReply(t, "truncated", c.count(id, "175", "2"), 201, `{"status":201,"message":"C`)
	want(t, "stored", m.Counts()[acme], "2")
}

func TestFault_HangsUntilTheClientGivesUp(t *testing.T) {
	for kind, takesEffect := range map[synthesizetest.Kind]bool{synthesizetest.HangBefore: false, synthesizetest.HangAfter: true} {
		bubble(t, synthesizetest.Options{}, func(t *testing.T, m *synthesizetest.Simulator, c *client) {
			id := c.mapped(m)
			m.Inject(synthesizetest.Fault{Kind: kind})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			began := time.Now()
			r := c.doContext(ctx, "POST", countPath(id), countBody("175", "1"))
			want(t, "timed out", errors.Is(r.err, context.DeadlineExceeded), true)
			want(t, "after", time.Since(began), time.Minute)
			want(t, "took effect", len(m.Counts()) == 1, takesEffect)
		})
	}
}

func TestFault_DelaysBeforeAndAfterEvaluation(t *testing.T) {
	bubble(t, synthesizetest.Options{}, func(t *testing.T, m *synthesizetest.Simulator, c *client) {
		id := c.mapped(m)
		m.Inject(synthesizetest.Fault{DelayBefore: 3 * time.Second, DelayAfter: 5 * time.Second})
		began := time.Now()
		want(t, "status", c.count(id, "175", "1").status, 201)
		want(t, "took", time.Since(began), 8*time.Second)
		want(t, "evaluated at", m.History()[acme][0].At, began.Add(3*time.Second))
		want(t, "in the log", m.Requests()[m.Total()-1].Took, 8*time.Second)
	})
}

func TestFault_DelayedRequestOfAClientThatWentIsNeverEvaluated(t *testing.T) {
	bubble(t, synthesizetest.Options{}, func(t *testing.T, m *synthesizetest.Simulator, c *client) {
		id := c.mapped(m)
		m.Inject(synthesizetest.Fault{DelayBefore: time.Minute})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		c.doContext(ctx, "POST", countPath(id), countBody("175", "1"))
		time.Sleep(time.Hour)
		want(t, "stored", len(m.Counts()), 0)
	})
}

func TestFault_LateRequestTakesEffectAfterANewerOne(t *testing.T) {
	o := synthesizetest.Options{Switches: synthesizetest.Switches{Debounce: time.Second}}
	bubble(t, o, func(t *testing.T, m *synthesizetest.Simulator, c *client) {
		id := c.mapped(m)
		m.Inject(synthesizetest.Fault{Kind: synthesizetest.Late, ApplyAfter: 10 * time.Second})
		began := time.Now()
		want(t, "cut off", lost(c.count(id, "175", "1")), true)
		time.Sleep(time.Second)
		want(t, "newer", c.post(countPath(id), countBody("175", "2")).status, 201)
		want(t, "for now", m.Counts()[acme], "2")
		time.Sleep(time.Minute)
		want(t, "in the end", m.Counts()[acme], "1")
		want(t, "since", m.History()[acme][1].At, began.Add(10*time.Second))
		want(t, "the view was built before", m.Built()[acme], "2")
	})
}

func TestFault_SkipsAndCounts(t *testing.T) {
	m := synthesizetest.New(synthesizetest.Options{})
	c := inMemory(t, m)
	c.mapped(m)
	i := m.Inject(synthesizetest.Fault{Where: synthesizetest.Where{Operation: synthesizetest.GetAccounts}, Skip: 1, Times: 2,
		Kind: synthesizetest.ServerError})
	var got []int
	for range 4 {
		want(t, "another operation", c.get(orgPath).status, 200)
		got = append(got, c.get(accountsPath).status)
	}
	for n, status := range []int{200, 500, 500, 200} {
		want(t, "status", got[n], status)
	}
	want(t, "taken", i.Taken(), 2)
	forever := m.Inject(synthesizetest.Fault{Times: -1, Kind: synthesizetest.Forbidden})
	for range 5 {
		want(t, "for ever", c.get(orgPath).status, 403)
	}
	forever.Remove()
	want(t, "removed", c.get(orgPath).status, 200)
	m.Inject(synthesizetest.Fault{Times: -1, Kind: synthesizetest.Forbidden})
	m.ClearFaults()
	want(t, "cleared", c.get(orgPath).status, 200)
}

func TestFault_MatchSeesTheRequest(t *testing.T) {
	m := synthesizetest.New(synthesizetest.Options{})
	c := inMemory(t, m)
	id := c.mapped(m)
	c.account("176", "B")
	m.MapAll()
	m.Inject(synthesizetest.Fault{Times: -1, Kind: synthesizetest.ServerError, Match: func(r synthesizetest.RequestInfo) bool {
		return r.Operation == synthesizetest.PostCount && r.ServiceID == id && r.AccountID == "176" && r.NoBuild
	}})
	want(t, "other account", c.count(id, "175", "1").status, 201)
	want(t, "this one", c.count(id, "176", "1").status, 500)
	want(t, "with build", c.post(countPath(id), countBody("176", "1")).status, 201)
}

func TestInject_PanicsAtAFaultThatCannotBe(t *testing.T) {
	for _, f := range []synthesizetest.Fault{{Kind: "nonsense"}, {Kind: synthesizetest.Answer}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q was injected", f.Kind)
				}
			}()
			synthesizetest.New(synthesizetest.Options{}).Inject(f)
		}()
	}
}

func TestClose_EndsRequestsThatHang(t *testing.T) {
	m := synthesizetest.New(synthesizetest.Options{})
	srv := synthesizetest.Start(m)
	c := inMemory(t, m)
	c.http, c.base = srvClient(), srv.URL
	arrived := make(chan struct{})
	m.OnRequest(func(synthesizetest.RequestInfo) { close(arrived) })
	m.Inject(synthesizetest.Fault{Kind: synthesizetest.HangAfter})
	done := make(chan reply)
	go func() { done <- c.get(orgPath) }()
	<-arrived
	srv.Close()
	if r := <-done; r.err == nil {
		t.Errorf("answered %d", r.status)
	}
}

func TestVirtualTime_WorksOverConnectionsInMemoryToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := synthesizetest.New(synthesizetest.Options{Switches: synthesizetest.Switches{Latency: time.Minute}})
		l := newPipeListener()
		srv := synthesizetest.Serve(m, l)
		defer srv.Close()
		c := inMemory(t, m)
		c.http = l.client()
		began := time.Now()
		c.mapped(m)
		want(t, "two calls took", time.Since(began), 2*time.Minute)
		c.http.CloseIdleConnections()
	})
}

func TestFault_LateRequestMayOutliveTheClientsTimeOut(t *testing.T) {
	bubble(t, synthesizetest.Options{}, func(t *testing.T, m *synthesizetest.Simulator, c *client) {
		id := c.mapped(m)
		m.Inject(synthesizetest.Fault{Kind: synthesizetest.Late, ApplyAfter: 20 * time.Second, DelayAfter: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		r := c.doContext(ctx, "POST", countPath(id), countBody("175", "1"))
		want(t, "timed out", errors.Is(r.err, context.DeadlineExceeded), true)
		want(t, "not yet", len(m.Counts()), 0)
		want(t, "in the log, not yet", m.Requests()[m.Total()-1].Evaluated, 0)
		time.Sleep(10 * time.Second)
		want(t, "then", m.Counts()[acme], "1")
		want(t, "in the log, then", m.Requests()[m.Total()-1].Evaluated, 201)
	})
}

func BenchmarkCount(b *testing.B) {
	m := synthesizetest.New(synthesizetest.Options{LogLimit: -1, NoHistory: true,
		Switches: synthesizetest.Switches{RateLimit: -1, Debounce: time.Hour}})
	c := inMemory(b, m)
	id := c.mapped(m)
	for b.Loop() {
		c.count(id, "175", "1")
	}
}
