package autotasktest

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxGetURL is how long a URL may be.
const maxGetURL = 2048

// query answers a query, a count or a further page.
func (t *Tenant) query(r *http.Request, zone string, e *entity, path string, body []byte, f *Fault) reply {
	parameters := r.URL.Query()
	search := parameters.Get("search")
	isPage := path == "query/next" || path == "query/previous"
	if r.Method == http.MethodGet {
		if len(origin(r))+len(r.URL.RequestURI()) > maxGetURL {
			return messageReply(404, "The resource cannot be found.")
		}
		if search == "" && isPage { // a link that a POST gave birth to
			if t.sw.GetPageEmpty {
				return ok([]byte(`{"items":[],"pageDetails":{"count":0,"requestCount":500,"prevPageUrl":null,"nextPageUrl":null}}`))
			}
			return wrongMethod(r.Method)
		}
		body = []byte(search)
	}
	if t.access() == "None" {
		return errorsReply(500, noAccessText)
	}
	q, err := parseQuery(e, body)
	if err != nil {
		return errorsReply(500, err.Error())
	}
	if path == "query/count" {
		return ok(fmt.Appendf(nil, `{"queryCount":%d}`, t.count(e, &q)+int64(f.rows(WrongCount))))
	}
	p := page{query: &q, entity: e, link: func(direction, paging string) string {
		link := fmt.Sprintf("%s/%s/ATServicesRest/V1.0/%s/query/%s?paging=%s", t.pageOrigin(r), zone, e.name, direction, encode(paging))
		if r.Method == http.MethodGet {
			link += "&search=" + encode(search)
		}
		return link
	}}
	if isPage {
		var c cursor
		if json.Unmarshal([]byte(parameters.Get("paging")), &c) != nil || len(c.NextIDs) == 0 || len(c.PreviousIDs) == 0 {
			return errorsReply(500, oddInputText)
		}
		p.cursor, p.down = &c, path == "query/previous"
		q.size = min(max(c.PageSize, 1), maxPage)
	}
	return ok(t.page(&p, f.rows(MissingRows)))
}

func (t *Tenant) pageOrigin(r *http.Request) string {
	if t.sw.ForeignNextPage {
		return "https://elsewhere.example"
	}
	return origin(r)
}

// encode escapes as recorded links do: with lower-case hexadecimal digits.
func encode(s string) string {
	escaped := []byte(strings.ReplaceAll(url.QueryEscape(s), "+", "%20"))
	for i, c := range escaped {
		if c == '%' {
			copy(escaped[i+1:i+3], strings.ToLower(string(escaped[i+1:i+3])))
		}
	}
	return string(escaped)
}

// cursor is the position in a page link. It is stateless: the last id of the page that has the link, or the first one.
type cursor struct {
	PageSize    int     `json:"pageSize"`
	PreviousIDs []int64 `json:"previousIds"`
	NextIDs     []int64 `json:"nextIds"`
}

func (t *Tenant) count(e *entity, q *query) int64 {
	switch {
	case q.nothing:
		return 0
	case q.bounds.plain && e == configurationItems && !t.sw.Restricted:
		return t.items.count(q.bounds)
	}
	var n int64
	t.scan(e, q.bounds.low, false, func(r *row) bool {
		if q.match(r) {
			n++
		}
		return r.id <= q.bounds.high
	})
	return n
}

// page is one page of a query that is asked for.
type page struct {
	*query
	entity *entity
	cursor *cursor // nil: the first page
	down   bool    // the page before the cursor
	link   func(direction, paging string) string
}

// rows reads the rows of a page, and whether there are more beyond it. It sees the data as they are now.
func (t *Tenant) rows(p *page) (rows []row, more bool) {
	from := p.bounds.low
	switch {
	case p.nothing:
		return nil, false
	case p.down:
		if p.cursor.PreviousIDs[0] == math.MinInt64 {
			return nil, false
		}
		from = min(p.bounds.high, p.cursor.PreviousIDs[0]-1)
	case p.cursor != nil:
		if p.cursor.NextIDs[0] == math.MaxInt64 {
			return nil, false
		}
		from = max(from, p.cursor.NextIDs[0]+1)
	}
	rows = make([]row, 0, min(p.size, 16)) // most tenants of tests are small
	t.scan(p.entity, from, p.down, func(r *row) bool {
		switch {
		case r.id > p.bounds.high && !p.down, r.id < p.bounds.low && p.down:
			return false
		case !p.match(r):
			return true
		case len(rows) == p.size:
			more = true
			return false
		}
		rows = append(rows, *r)
		return true
	})
	if p.down {
		slices.Reverse(rows)
	}
	return rows, more
}

// page renders a page. With missing > 0 so many rows are left out of its middle, or all that it has.
func (t *Tenant) page(p *page, missing int) []byte {
	rows, more := t.rows(p)
	var previous, next []byte
	if len(rows) > 0 {
		first, last := rows[0].id, rows[len(rows)-1].id
		if more && !p.down || p.down || t.sw.EmptyLastPage && len(rows) == p.size {
			back := int64(-1)
			if p.cursor != nil {
				back = first
			}
			next = p.at("next", back, last)
		}
		if p.cursor != nil && !p.down || more && p.down {
			previous = p.at("previous", first, last)
		}
	}
	if missing >= len(rows) {
		if missing > 0 {
			rows = nil
		}
	} else if missing > 0 {
		from := min(len(rows)/2, len(rows)-1-missing) // the last one stays
		rows = slices.Delete(rows, from, from+missing)
	}

	order := p.include
	if len(order) == 0 {
		order = p.entity.order
	} else {
		order = append(slices.Clip(order), p.entity.userDefined())
	}
	out := append(make([]byte, 0, 64+len(rows)*32*len(order)), `{"items":[`...)
	for i := range rows {
		if i > 0 {
			out = append(out, ',')
		}
		out = rows[i].append(out, order, t.spelling())
	}
	out = append(out, `],"pageDetails":{"count":`...)
	out = strconv.AppendInt(out, int64(len(rows)), 10)
	out = append(out, `,"requestCount":`...)
	out = strconv.AppendInt(out, int64(p.size), 10)
	out = append(orNullJSON(append(out, `,"prevPageUrl":`...), previous), `,"nextPageUrl":`...)
	return append(orNullJSON(out, next), "}}"...)
}

func orNullJSON(out, text []byte) []byte {
	if text == nil {
		return append(out, "null"...)
	}
	return append(append(append(out, '"'), text...), '"')
}

func (p *page) at(direction string, first, last int64) []byte {
	paging := fmt.Sprintf(`{"pageSize":%d,"previousIds":[%d],"nextIds":[%d]}`, p.size, first, last)
	return []byte(p.link(direction, paging))
}
