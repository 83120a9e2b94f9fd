package autotasktest_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

const byTwo = `{"MaxRecords":2,"IncludeFields":["id"],"Filter":[` + everyRow + `]}`

// linked reads page after page by their links.
func linked(c *caller, method, path, body string) (pages [][]int64) {
	c.t.Helper()
	for next := path; next != ""; {
		var got []int64
		got, next = c.do(method, next, body).page(c.t)
		pages = append(pages, got)
		if len(pages) > 20 {
			c.t.Fatal("the pages do not end")
		}
	}
	return pages
}

func TestPaging_ByLinksReachesEveryRowOnceInOrder(t *testing.T) {
	c := start(t, small())
	pages := [][]int64{ids(10, 20), ids(30, 40), ids(50, 60), ids(1 << 40)}
	want(t, "POST", linked(c, "POST", items, byTwo), pages)
	want(t, "GET", linked(c, "GET", items+"?search="+escape(byTwo), ""), pages)
}

func TestPaging_ALinkHoldsThePositionAndOnlyThatOfAGETTheFilter(t *testing.T) {
	c := start(t, small())
	_, next := c.post(items, byTwo).page(t)
	want(t, "POST", next, c.url+`V1.0/ConfigurationItems/query/next?paging=%7b%22pageSize%22%3a2%2c%22previousIds%22%3a%5b-1%5d%2c%22nextIds%22%3a%5b20%5d%7d`)
	_, byGet := c.get(items + "?search=" + escape(byTwo)).page(t)
	at, err := url.Parse(byGet)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "GET", at.Query().Get("search"), byTwo)
}

func TestPaging_ThePOSTBornLink(t *testing.T) {
	tenant := small()
	c := start(t, tenant)
	_, next := c.post(items, byTwo).page(t)
	wantErrors(t, "POST without a body", c.post(next, ""), 500, "Value cannot be null.\r\nParameter name: filters")
	a := c.get(next)
	want(t, "GET", a.status, 405)
	want(t, "GET", a.text, `{"Message":"The requested resource does not support http method 'GET'."}`)
	tenant.Switch(func(s *autotasktest.Switches) { s.GetPageEmpty = true })
	got, following := c.get(next).page(t)
	want(t, "silent loss", len(got) == 0 && following == "", true)
	other, _ := c.post(next, `{"MaxRecords":500,"Filter":[{"op":"eq","field":"companyID","value":1}]}`).page(t)
	want(t, "another filter, from the position", other, ids(40, 60))
	larger, _ := c.post(next, all).page(t)
	want(t, "by the link's page size, not the body's", larger, ids(30, 40))
	want(t, "nonsense", c.post(items+"/next?paging=x", all).status, 500)
}

func TestPaging_BackLinks(t *testing.T) {
	c := start(t, small())
	page := func(path string) rows {
		var p rows
		c.post(path, byTwo).into(t, &p)
		return p
	}
	first := page(items)
	want(t, "before the first", first.PageDetails.PrevPageURL, nil)
	second := page(*first.PageDetails.NextPageURL)
	third := page(*second.PageDetails.NextPageURL)
	again := page(*third.PageDetails.PrevPageURL)
	want(t, "back to the second", again.Items, second.Items)
	start := page(*again.PageDetails.PrevPageURL)
	want(t, "back to the first", start.Items, first.Items)
	want(t, "its back link", start.PageDetails.PrevPageURL, nil)
	want(t, "and on again", page(*start.PageDetails.NextPageURL).Items, second.Items)
}

func TestPaging_OwnKeyset(t *testing.T) {
	c := start(t, small())
	want(t, "after 40", c.items(`{"op":"gt","field":"id","value":40}`), ids(50, 60, 1<<40))
}

func TestPaging_AFullLastPage_HasALinkOnlyByTheSwitch(t *testing.T) {
	tenant := small()
	tenant.DeleteItem(1 << 40)
	c := start(t, tenant)
	want(t, "usual", linked(c, "POST", items, byTwo), [][]int64{ids(10, 20), ids(30, 40), ids(50, 60)})
	tenant.Switch(func(s *autotasktest.Switches) { s.EmptyLastPage = true })
	want(t, "switched", linked(c, "POST", items, byTwo), [][]int64{ids(10, 20), ids(30, 40), ids(50, 60), nil})
}

func TestPaging_SeesTheDataAsTheyAreNow(t *testing.T) {
	tenant := small()
	c := start(t, tenant)
	tenant.OnRequest(func(r autotasktest.Request) {
		if r.Operation == "next" && r.Seq == 2 {
			tenant.DeleteItem(30)
			tenant.Retire(50)
			tenant.AddItem(autotasktest.Item{ID: 15})      // behind the position
			tenant.AddItem(autotasktest.Item{ID: 1 << 50}) // ahead of it
		}
	})
	active := strings.Replace(byTwo, everyRow, `{"op":"eq","field":"isActive","value":true}`, 1)
	want(t, "pages", linked(c, "POST", items, active), [][]int64{ids(10, 20), ids(40, 60), ids(1<<40, 1<<50)})
}

func TestPaging_TheLinkCanPointElsewhere(t *testing.T) {
	tenant := small()
	tenant.Switch(func(s *autotasktest.Switches) { s.ForeignNextPage = true })
	c := start(t, tenant)
	_, next := c.post(items, byTwo).page(t)
	want(t, "host", strings.HasPrefix(next, "https://elsewhere.example/"), true)
}
