package autotask

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const details = `"pageDetails":{"count":1,"requestCount":500,"prevPageUrl":null,"nextPageUrl":null}`

const goodRow = `{"id":7,"companyID":3,"configurationItemType":2,"isActive":true}`

func readItems(body string, within span) (*itemPage, error) {
	p := &itemPage{}
	err := p.read(iotest.OneByteReader(strings.NewReader(body)), within)
	return p, err
}

func TestItemPage_IsReadWhateverItsShape(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       itemRow
	}{
		{"plain", `{"items":[` + goodRow + `],` + details + `}`, itemRow{7, 3, 2}},
		{"names in another case", `{"Items":[{"ID":7,"CompanyId":3,"CONFIGURATIONITEMTYPE":2,"IsActive":true}],"PageDetails":{"Count":1}}`, itemRow{7, 3, 2}},
		{"another order", `{` + details + `,"items":[{"isActive":true,"configurationItemType":2,"companyID":3,"id":7}]}`, itemRow{7, 3, 2}},
		{"fields that nobody knows", `{"x":{"items":[1]},"items":[{"id":7,"new":[{"id":9}],"companyID":3,"configurationItemType":2,"isActive":true,"userDefinedFields":[{"name":"id","value":"8"}]}],` + details + `,"y":null}`, itemRow{7, 3, 2}},
		{"nulls", `{"items":[{"id":7,"companyID":null,"configurationItemType":null,"isActive":true}],` + details + `}`, itemRow{7, NoCompany, NoType}},
		{"escaped name", `{"items":[{"\u0069d":7,"companyID":3,"configurationItemType":2,"isActive":true}],` + details + `}`, itemRow{7, 3, 2}},
		{"errors that say nothing", `{"errors":[],"items":[` + goodRow + `],` + details + `}`, itemRow{7, 3, 2}},
		{"errors null", `{"items":[` + goodRow + `],` + details + `,"errors":null}` + "\r\n", itemRow{7, 3, 2}},
		{"largest id", `{"items":[{"id":9223372036854775807,"companyID":3,"configurationItemType":2,"isActive":true}],` + details + `}`, itemRow{math.MaxInt64, 3, 2}},
	} {
		p, err := readItems(c.body, everything)
		if err != nil || len(p.rows) != 1 || p.rows[0] != c.want || p.count != 1 || p.more {
			t.Errorf("%s: got %+v, %v", c.name, p.rows, err)
		}
	}
}

func TestItemPage_WhatIsNoWholePage_IsAnError(t *testing.T) {
	row := func(fields string) string { return `{"items":[{` + fields + `}],` + details + `}` }
	for name, body := range map[string]string{
		"empty":                    ``,
		"an HTML page":             `<html><body>Service unavailable</body></html>`,
		"null":                     `null`,
		"a list":                   `[]`,
		"an empty object":          `{}`,
		"no items":                 `{` + details + `}`,
		"items null":               `{"items":null,` + details + `}`,
		"items an object":          `{"items":{},` + details + `}`,
		"items twice":              `{"items":[],"items":[` + goodRow + `],` + details + `}`,
		"no pageDetails":           `{"items":[` + goodRow + `]}`,
		"pageDetails null":         `{"items":[` + goodRow + `],"pageDetails":null}`,
		"pageDetails twice":        `{"items":[` + goodRow + `],` + details + `,` + details + `}`,
		"errors":                   `{"errors":["Object reference not set"],"items":[],` + details + `}`,
		"errors after the rows":    `{"items":[` + goodRow + `],` + details + `,"errors":"no"}`,
		"an item null":             `{"items":[null],` + details + `}`,
		"cut in a row":             `{"items":[{"id":7,"compa`,
		"cut after the items":      `{"items":[` + goodRow + `]`,
		"cut before the end":       `{"items":[` + goodRow + `],` + details,
		"something after the end":  `{"items":[` + goodRow + `],` + details + `}{"items":[]}`,
		"rubbish after the end":    `{"items":[` + goodRow + `],` + details + `}x`,
		"no id":                    row(`"companyID":3,"configurationItemType":2,"isActive":true`),
		"id null":                  row(`"id":null,"companyID":3,"configurationItemType":2,"isActive":true`),
		"id a string":              row(`"id":"7","companyID":3,"configurationItemType":2,"isActive":true`),
		"id a fraction":            row(`"id":7.5,"companyID":3,"configurationItemType":2,"isActive":true`),
		"id beyond int64":          row(`"id":9223372036854775808,"companyID":3,"configurationItemType":2,"isActive":true`),
		"id negative":              row(`"id":-7,"companyID":3,"configurationItemType":2,"isActive":true`),
		"id twice":                 row(`"id":7,"ID":8,"companyID":3,"configurationItemType":2,"isActive":true`),
		"id thrice, no company":    row(`"id":7,"id":8,"id":9,"configurationItemType":2,"isActive":true`),
		"no company":               row(`"id":7,"configurationItemType":2,"isActive":true`),
		"no type":                  row(`"id":7,"companyID":3,"isActive":true`),
		"no isActive":              row(`"id":7,"companyID":3,"configurationItemType":2`),
		"isActive null":            row(`"id":7,"companyID":3,"configurationItemType":2,"isActive":null`),
		"isActive a string":        row(`"id":7,"companyID":3,"configurationItemType":2,"isActive":"true"`),
		"not active":               row(`"id":7,"companyID":3,"configurationItemType":2,"isActive":false`),
		"a second item not active": `{"items":[` + goodRow + `,{"id":8,"companyID":3,"configurationItemType":2,"isActive":false}],` + details + `}`,
		"the same item twice":      `{"items":[` + goodRow + `,` + goodRow + `],` + details + `}`,
	} {
		if p, err := readItems(body, everything); err == nil {
			t.Errorf("%s: read as %+v", name, p.rows)
		}
	}
}

func TestItemPage_RowsOutsideTheSpanAskedFor_AreAnError(t *testing.T) {
	body := `{"items":[` + goodRow + `],` + details + `}`
	for _, within := range []span{{7, 100}, {-1, 6}} {
		if _, err := readItems(body, within); err == nil {
			t.Errorf("id 7 was taken on a page of %s", within)
		}
	}
}

func TestItemPage_ServesAgainAfterAFailure(t *testing.T) {
	p := &itemPage{}
	if err := p.read(strings.NewReader(`{"items":[`+goodRow+`,{"id":8`), everything); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("a page cut short: %v", err)
	}
	if err := p.read(strings.NewReader(`{"items":[`+goodRow+`],`+details+`}`), everything); err != nil || len(p.rows) != 1 {
		t.Errorf("got %d rows, %v", len(p.rows), err)
	}
}

func FuzzItemPage(f *testing.F) {
	f.Add(`{"items":[` + goodRow + `],` + details + `}`)
	f.Add(`{"items":[],"pageDetails":{"count":0,"nextPageUrl":"x"},"errors":[]}`)
	f.Fuzz(func(t *testing.T, body string) {
		p := &itemPage{}
		if err := p.read(strings.NewReader(body), everything); err != nil {
			return
		}
		// What is taken for a page is JSON, and says the same to another decoder.
		var other struct {
			Items       []struct{ ID *int64 }
			PageDetails *struct{}
		}
		if err := json.Unmarshal([]byte(strings.ToValidUTF8(body, "?")), &other); err != nil {
			t.Fatalf("not JSON: %v", err)
		}
		if other.PageDetails == nil || len(other.Items) != len(p.rows) {
			t.Fatalf("%d rows, another decoder finds %d", len(p.rows), len(other.Items))
		}
		last := int64(-1)
		for _, r := range p.rows {
			if r.id <= last {
				t.Fatalf("id %d after %d", r.id, last)
			}
			last = r.id
		}
	})
}

func TestCredentials_NeverShow(t *testing.T) {
	c := Credentials{Username: "u", Secret: "hush", IntegrationCode: "code", Version: "v"}
	for _, shown := range []string{fmt.Sprint(c), fmt.Sprintf("%v %+v %#v %s", c, c, c, &c), c.LogValue().String()} {
		if strings.Contains(shown, "hush") || strings.Contains(shown, "code") {
			t.Errorf("shown: %s", shown)
		}
	}
}

func TestFilter_EmptyOnes_AreRefused(t *testing.T) {
	for name, q := range map[string]query{
		"none":          {},
		"zero":          {Filter: []Filter{{}}},
		"zero in a set": {Filter: []Filter{And(Eq("a", true), Or(GT("id", 1), Filter{}))}},
	} {
		if body, err := q.body(); !errors.Is(err, errEmptyFilter) {
			t.Errorf("%s: %s, %v", name, body, err)
		}
	}
	body, err := query{MaxRecords: 500, IncludeFields: []string{"id"}, Filter: append([]Filter{Eq(fieldActive, true), Or(Eq("x", "y"), LTE("z", 3))}, span{-1, 9}.ids()...)}.body()
	want := `{"MaxRecords":500,"IncludeFields":["id"],"Filter":[{"op":"eq","field":"isActive","value":true},{"op":"or","items":[{"op":"eq","field":"x","value":"y"},{"op":"lte","field":"z","value":3}]},{"op":"gte","field":"id","value":0},{"op":"lte","field":"id","value":9}]}`
	if err != nil || string(body) != want {
		t.Errorf("got %s, %v", body, err)
	}
}

// page500 is a full page as it comes, with the empty userDefinedFields.
func page500() []byte {
	var b bytes.Buffer
	b.WriteString(`{"items":[`)
	for i := range pageSize {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%d,"companyID":%d,"configurationItemType":%d,"isActive":true,"userDefinedFields":[]}`, 5_000_000+3*i, 29_683_500+i%40, i%7)
	}
	b.WriteString(`],"pageDetails":{"count":500,"requestCount":500,"prevPageUrl":null,"nextPageUrl":"https://webservices3.autotask.net/x"}}`)
	return b.Bytes()
}

// rowOf is an item for decoders that fill structs.
type rowOf struct {
	ID                    int64  `json:"id"`
	CompanyID             *int64 `json:"companyID"`
	ConfigurationItemType *int64 `json:"configurationItemType"`
	IsActive              bool   `json:"isActive"`
}

type pageOf struct {
	Items       []rowOf `json:"items"`
	PageDetails struct {
		Count       int     `json:"count"`
		NextPageURL *string `json:"nextPageUrl"`
	} `json:"pageDetails"`
}

// BenchmarkDecode compares ways to read a page of 500 rows that stay right when names come in another case, with fields that
// nobody knows. What is not here: decoders that take names as they are written, and those that are not kept any more.
//
//	go test ./shared/autotask -run '^$' -bench Decode
func BenchmarkDecode(b *testing.B) {
	body := page500()
	for _, way := range []struct {
		name string
		rows func() (int, error)
	}{
		{"ours-on-jsontext", func() func() (int, error) {
			p := &itemPage{}
			return func() (int, error) {
				err := p.read(bytes.NewReader(body), everything)
				return len(p.rows), err
			}
		}()},
		{"json-v2-structs", func() (int, error) {
			var page pageOf
			err := jsonv2.UnmarshalRead(bytes.NewReader(body), &page, jsonv2.MatchCaseInsensitiveNames(true), jsontext.AllowDuplicateNames(true))
			return len(page.Items), err
		}},
		{"encoding-json-structs", func() (int, error) {
			var page pageOf
			err := json.NewDecoder(bytes.NewReader(body)).Decode(&page)
			return len(page.Items), err
		}},
		{"encoding-json-row-by-row", func() (int, error) { return rowByRow(bytes.NewReader(body)) }},
		{"encoding-json-tree", func() (int, error) {
			var page map[string]any
			err := json.NewDecoder(bytes.NewReader(body)).Decode(&page)
			items, _ := page["items"].([]any)
			return len(items), err
		}},
	} {
		b.Run(way.name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if rows, err := way.rows(); err != nil || rows != pageSize {
					b.Fatal(rows, err)
				}
			}
		})
	}
}

// rowByRow keeps no page: encoding/json's tokens up to the rows, and each of these into a struct.
func rowByRow(body io.Reader) (rows int, err error) {
	dec := json.NewDecoder(body)
	for depth := 0; ; {
		token, err := dec.Token()
		if err != nil {
			return rows, err
		}
		switch token {
		case json.Delim('{'):
			depth++
		case json.Delim('}'):
			if depth--; depth == 0 {
				return rows, nil
			}
		case json.Delim('['):
			for dec.More() {
				var row rowOf
				if err := dec.Decode(&row); err != nil {
					return rows, err
				}
				rows++
			}
		}
	}
}
