package local_test

import (
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

var (
	items = func(operation string) func(autotasktest.Request) bool {
		return autotasktest.On("ConfigurationItems", operation)
	}
	companies = autotasktest.On("Companies", "query")
)

const forever = -1

var autotaskTroubles = []trouble{
	{"429 by threads", func(w *world) { w.autotask(autotasktest.Fault{Kind: autotasktest.Threads, Times: 3, Match: items("")}) }, good, read},
	{"threads, as 500", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.ThreadsAs500, Times: 3, Match: items("")})
	}, good, read},
	{"429 by threads, for ever", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.Threads, Times: forever, Match: items("")})
	}, bad, read},
	{"429 by budget", func(w *world) {
		w.spoiltA = true
		w.tenant.Switch(func(s *autotasktest.Switches) { s.OthersUsed = 9_995 })
	}, bad, read},
	{"429 by budget with Retry-After", func(w *world) {
		w.spoiltA = true
		w.tenant.Switch(func(s *autotasktest.Switches) { s.OthersUsed, s.BudgetAfter = 9_995, 10*time.Minute })
	}, bad, read},
	{"500 object reference, once", func(w *world) { w.autotask(autotasktest.Fault{Match: items("query")}) }, good, read},
	{"500 object reference, for ever", func(w *world) { w.autotask(autotasktest.Fault{Match: items("query"), Times: forever}) }, bad, read},
	{"500 no permission", func(w *world) {
		w.autotask(autotasktest.Fault{Match: items("query"), Times: forever, Text: "The logged in Resource does not have the adequate permissions to query this entity type."})
	}, bad, read},
	{"500 read only", func(w *world) {
		w.autotask(autotasktest.Fault{Match: companies, Times: forever, Text: "Unable to find Companies in the Autotask Web Application."})
	}, bad, read},
	{"reset mid-body", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.CutMidBody, Times: 2, Match: items("query")})
	}, good, read},
	{"truncated JSON", func(w *world) { w.autotask(autotasktest.Fault{Kind: autotasktest.Truncated, Match: items("query")}) }, good, read},
	{"truncated list of companies", func(w *world) { w.autotask(autotasktest.Fault{Kind: autotasktest.Truncated, Match: companies}) }, good, read},
	{"200 with errors, for ever", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.WithErrors, Match: items("query"), Times: forever})
	}, bad, read},
	{"null items, for ever", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.NullItems, Match: items("query"), Times: forever})
	}, bad, read},
	{"null companies, for ever", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.NullItems, Match: companies, Times: forever})
	}, bad, read},
	{"no pageDetails", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.NoPageDetails, Match: items("query")})
	}, either, read},
	{"no pageDetails, for ever", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.NoPageDetails, Match: items("query"), Times: forever})
	}, bad, read},
	{"HTML", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.HTMLPage, Times: 2, Match: items("")})
	}, good, read},
	{"HTML under 200", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.HTMLPage, Status: 200, Times: forever})
	}, bad, read},
	{"rows missing from a page, once", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.MissingRows, Rows: 3, Match: items("query")})
	}, good, read},
	{"rows missing from each page, once", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.MissingRows, Rows: 2, Times: 4, Match: items("query")})
	}, either, read},
	{"rows missing, for ever", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.MissingRows, Rows: 3, Times: forever, Match: items("query")})
	}, bad, read},
	{"companies missing from their page, once", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.MissingRows, Rows: 2, Match: companies})
	}, either, read},
	{"companies missing, for ever", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.MissingRows, Rows: 2, Times: forever, Match: companies})
	}, bad, read},
	{"count wrong, once", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.WrongCount, Rows: 7, Match: items("count")})
	}, good, read},
	{"count too high, for ever", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.WrongCount, Rows: 7, Match: items("count"), Times: forever})
	}, bad, read},
	{"count too low, for ever", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.WrongCount, Rows: -7, Match: items("count"), Times: forever})
	}, bad, read},
	{"a page slower than an attempt may take", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.Slow, Delay: 3 * time.Minute, Match: items("query")})
	}, either, read},
	{"every page slower than an attempt may take", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.Slow, Delay: 3 * time.Minute, Match: items("query"), Times: forever})
	}, bad, read},
	{"outage before", func(w *world) { w.autotask(autotasktest.Fault{Kind: autotasktest.DropBefore, Times: forever}) }, bad, read},
	{"outage from the walk on", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.DropBefore, Times: forever, Match: items("query")})
	}, bad, read},
	{"outage after the walk", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.DropBefore, Skip: 30, Times: forever})
	}, either, read},
	{"outage of a few seconds", func(w *world) {
		end := time.Now().Add(6 * time.Second)
		w.autotask(autotasktest.Fault{Status: 503, Times: forever, Match: func(autotasktest.Request) bool { return time.Now().Before(end) }})
	}, good, read},
	{"secret wrong", func(w *world) { w.machine.Credentials.Secret = "wrong" }, bad, read},
	{"secret expires at the walk", func(w *world) {
		w.autotask(autotasktest.Fault{Kind: autotasktest.Unauthorized, Times: forever, Match: items("query")})
	}, bad, read},
	{"secret is changed at the walk", func(w *world) {
		w.spoiltA, w.expires = true, true
		w.tenant.OnRequest(func(r autotasktest.Request) {
			if items("query")(r) {
				c := autotasktest.DefaultCredentials
				c.Secret = "another"
				w.tenant.SetCredentials(c)
			}
		})
	}, bad, read},
	{"integration code wrong", func(w *world) { w.machine.Credentials.IntegrationCode = "WRONG" }, bad, read},
	{"zone of another tenant", func(w *world) {
		w.tenant.Switch(func(s *autotasktest.Switches) {
			s.ZoneURL = func(host, _ string) string { return "http://" + host + "/zone99/ATServicesRest/" }
		})
	}, either, read},
	{"zone on a foreign host", func(w *world) {
		w.tenant.Switch(func(s *autotasktest.Switches) {
			s.ZoneURL = func(string, string) string { return "https://webservices5.autotask.net.example.com/ATServicesRest/" }
		})
	}, bad, read},
	{"tenant moved before the run", func(w *world) { w.tenant.MoveZone("zone29", 20264) }, good, read},
	{"tenant moved at the walk", func(w *world) {
		moved := false
		w.spoiltA, w.expires = true, true
		w.tenant.OnRequest(func(r autotasktest.Request) {
			if !moved && items("query")(r) {
				moved = true
				w.tenant.MoveZone("zone29", 20264)
			}
		})
	}, good, read},
	{"the hour is half used, answers slow", func(w *world) {
		w.tenant.Switch(func(s *autotasktest.Switches) { s.OthersUsed, s.LatencySteps = 6_000, 500*time.Millisecond })
	}, good, read},
}

func TestTrouble_AtAutotask(t *testing.T) {
	t.Parallel()
	strike(t, autotaskTroubles, 600)
}
