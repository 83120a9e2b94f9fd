package autotask

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/vendorapi/vendorapitest"
)

// device is a row of any entity.
type device struct {
	id, company, typ int64
	name             string
	retired          bool
}

// asked is one request that carried credentials.
type asked struct {
	entity, operation string // "ConfigurationItems", "query"
	index             int    // of all such requests
	within            span
}

// tenant is a small Autotask over HTTP, whose data a test may change between any two requests.
type tenant struct {
	rows map[Entity][]device // by id

	serving time.Duration // how long a request takes
	secret  string
	zone    string // what the lookup answers; empty: no such user

	// before is called with each request with credentials before it is answered; true: it has answered.
	before func(a asked, w http.ResponseWriter) bool
	// edit may change an answer's rows, the vendor's count of them, and whether another page is offered.
	edit func(a asked, rows []device, info *pageInfo) []device

	mu       sync.Mutex
	log      []asked
	zones    int // lookups
	inFlight map[string]int
	peak     map[string]int
	pageEnds []time.Time
}

func newTenant(items []device) *tenant {
	return &tenant{
		rows:     map[Entity][]device{ConfigurationItems: items, Companies: {{id: 0, name: "Own & Co", typ: 1}}},
		secret:   "s3cr3t~$#@=",
		zone:     "http://127.0.0.1/ATServicesRest/",
		inFlight: map[string]int{}, peak: map[string]int{},
	}
}

// start serves the tenant and returns a client that has not logged in.
func (s *tenant) start(t testing.TB, adjust ...func(*Config)) *Client {
	t.Helper()
	network := vendorapitest.NewNetwork(t)
	network.Serve("127.0.0.1", s)
	network.Serve("127.0.0.2", s)
	config := Config{
		BaseURL: "http://127.0.0.1",
		HTTP:    network.Client(),
		Credentials: func(context.Context, bool) (Credentials, error) {
			return Credentials{Username: "api+user@example.com", Secret: s.secret, IntegrationCode: "CODE", Version: "v1"}, nil
		},
	}
	for _, a := range adjust {
		a(&config)
	}
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *tenant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(strings.ToLower(r.URL.Path), "/atservicesrest/v1.0/")
	if path == "zoneinformation" {
		s.mu.Lock()
		s.zones++
		zone := s.zone
		s.mu.Unlock()
		if zone == "" {
			http.Error(w, `{"errors":["Zone information could not be determined"]}`, 500)
			return
		}
		if r.URL.Query().Get("user") == "" || r.Header.Get("Secret") != "" {
			http.Error(w, "bad lookup", 400)
			return
		}
		fmt.Fprintf(w, `{"zoneName":"Test","url":"%s","webUrl":"x","ci":20264}`, zone)
		return
	}
	entity, operation, _ := strings.Cut(path, "/")
	for _, e := range []Entity{ConfigurationItems, ConfigurationItemTypes, Companies} {
		if strings.EqualFold(entity, string(e)) {
			entity = string(e)
		}
	}
	a := asked{entity: entity, operation: operation, within: everything}
	var q struct {
		MaxRecords    int
		IncludeFields []string
		Filter        []struct {
			Op, Field string
			Value     any
		}
	}
	activeOnly := false
	if r.Method == http.MethodPost {
		d := json.NewDecoder(r.Body)
		d.UseNumber()
		if err := d.Decode(&q); err != nil || len(q.Filter) == 0 {
			http.Error(w, `{"errors":["Value cannot be null.\r\nParameter name: filters"]}`, 500)
			return
		}
		for _, f := range q.Filter {
			n, _ := strconv.ParseInt(fmt.Sprint(f.Value), 10, 64)
			switch f.Field + " " + f.Op {
			case "isActive eq":
				activeOnly = f.Value == true
			case "id gt":
				a.within.after = n
			case "id gte":
				a.within.after = n - 1
			case "id lte":
				a.within.upTo = n
			default:
				http.Error(w, `{"errors":["what is `+f.Field+" "+f.Op+`"]}`, 500)
				return
			}
		}
	}
	s.mu.Lock()
	a.index = len(s.log)
	s.log = append(s.log, a)
	for _, key := range []string{entity, ""} {
		s.inFlight[key]++
		s.peak[key] = max(s.peak[key], s.inFlight[key])
	}
	authorized := r.Header.Get("Secret") == s.secret
	s.mu.Unlock()
	time.Sleep(s.serving)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight[entity]--
	s.inFlight[""]--
	if !authorized {
		w.Header().Set("WWW-Authenticate", `Basic Realm="x"`)
		w.WriteHeader(401)
		return
	}
	if s.before != nil && s.before(a, w) {
		return
	}
	switch {
	case entity == "thresholdinformation":
		fmt.Fprintf(w, `{"externalRequestThreshold":10000,"requestThresholdTimeframe":60,"currentTimeframeRequestCount":124}`)
	case operation == "entityinformation":
		fmt.Fprint(w, `{"info":{"name":"x","canQuery":true,"userAccessForQuery":"Restricted"}}`)
	case operation == "query/count":
		fmt.Fprintf(w, `{"queryCount":%d}`, len(s.selected(a, activeOnly)))
	case operation == "query":
		s.pageEnds = append(s.pageEnds, time.Now())
		s.page(w, a, s.selected(a, activeOnly))
	default:
		w.WriteHeader(404)
	}
}

// selected are the rows of a span, found without looking at all of them while none is retired.
func (s *tenant) selected(a asked, activeOnly bool) []device {
	rows := s.rows[Entity(a.entity)]
	from := sort.Search(len(rows), func(i int) bool { return rows[i].id > a.within.after })
	to := sort.Search(len(rows), func(i int) bool { return rows[i].id > a.within.upTo })
	rows = rows[from:max(from, to)]
	retired := func(d device) bool { return activeOnly && d.retired }
	if !slices.ContainsFunc(rows, retired) {
		return rows
	}
	return slices.DeleteFunc(slices.Clone(rows), retired)
}

func (s *tenant) page(w http.ResponseWriter, a asked, rows []device) {
	info := pageInfo{more: len(rows) > pageSize}
	rows = rows[:min(len(rows), pageSize)]
	info.count = int64(len(rows))
	if s.edit != nil {
		rows = s.edit(a, slices.Clone(rows), &info)
	}
	null := func(n int64) string {
		if n == NoType {
			return "null"
		}
		return strconv.FormatInt(n, 10)
	}
	out := []byte(`{"items":[`)
	for i, d := range rows {
		if i > 0 {
			out = append(out, ',')
		}
		name, _ := json.Marshal(d.name)
		switch Entity(a.entity) {
		case ConfigurationItems:
			out = fmt.Appendf(out, `{"id":%d,"companyID":%s,"configurationItemType":%s,"isActive":%v,"userDefinedFields":[]}`, d.id, null(d.company), null(d.typ), !d.retired)
		case Companies:
			out = fmt.Appendf(out, `{"id":%d,"companyName":%s,"companyType":%s,"isActive":%v,"userDefinedFields":[]}`, d.id, name, null(d.typ), !d.retired)
		default:
			out = fmt.Appendf(out, `{"id":%d,"name":%s,"isActive":%v,"userDefinedFields":[]}`, d.id, name, !d.retired)
		}
	}
	next := "null"
	if info.more {
		next = `"https://elsewhere.example/query/next?paging=x"`
	}
	out = fmt.Appendf(out, `],"pageDetails":{"count":%d,"requestCount":500,"prevPageUrl":null,"nextPageUrl":%s}}`, info.count, next)
	_, _ = w.Write(out)
}

// truth is what a direct count of the data gives.
func truth(rows []device) map[cell]int64 {
	counts := map[cell]int64{}
	for _, d := range rows {
		if !d.retired {
			counts[cell{d.company, d.typ}]++
		}
	}
	return counts
}

func counted(counts ItemCounts) map[cell]int64 {
	cells := map[cell]int64{}
	for _, c := range counts.Cells {
		cells[cell{c.Company, c.Type}] += c.Items
	}
	return cells
}

// itemRequests is how many requests named the items.
func (s *tenant) itemRequests() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.log {
		if a.entity == string(ConfigurationItems) {
			n++
		}
	}
	return n
}
