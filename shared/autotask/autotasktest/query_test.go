package autotasktest_test

import (
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

func TestQuery_WithoutAFilterIs500(t *testing.T) {
	c := start(t, small())
	for _, body := range []string{``, `null`, `{}`, `{"Filter":null}`, `{"MaxRecords":5}`} {
		for _, path := range []string{items, items + "/count"} {
			wantErrors(t, body, c.post(path, body), 500, "Value cannot be null.\r\nParameter name: filters")
		}
	}
}

func TestQuery_AnEmptyFilterMatchesNothing(t *testing.T) {
	c := start(t, small())
	a := c.post(items, `{"Filter":[]}`)
	want(t, "answer", a.text, `{"items":[],"pageDetails":{"count":0,"requestCount":500,"prevPageUrl":null,"nextPageUrl":null}}`)
	want(t, "count", c.count("ConfigurationItems", ""), 0)
}

func TestQuery_Operators(t *testing.T) {
	c := start(t, small())
	every := ids(10, 20, 30, 40, 50, 60, 1<<40)
	for filter, matches := range map[string][]int64{
		everyRow:                                                                  every,
		`{"op":"exist","field":"id"}`:                                             every,
		`{"op":"eq","field":"id","value":20}`:                                     ids(20),
		`{"op":"eq","field":"id","value":"20"}`:                                   ids(20),
		`{"op":"noteq","field":"id","value":20}`:                                  ids(10, 30, 40, 50, 60, 1<<40),
		`{"op":"gt","field":"id","value":50}`:                                     ids(60, 1<<40),
		`{"op":"lt","field":"id","value":20}`:                                     ids(10),
		`{"op":"lte","field":"id","value":20}`:                                    ids(10, 20),
		`{"op":"gt","field":"id","value":20},{"op":"lt","field":"id","value":50}`: ids(30, 40),

		`{"op":"eq","field":"isActive","value":false}`:                    ids(30),
		`{"op":"noteq","field":"isActive","value":true}`:                  ids(30),
		`{"op":"eq","field":"companyID","value":0}`:                       ids(10, 30, 50),
		`{"op":"gt","field":"companyID","value":0}`:                       ids(20, 40, 60), // loses company 0
		`{"op":"notExist","field":"companyID"}`:                           ids(1 << 40),
		`{"op":"notExist","field":"configurationItemType"}`:               ids(30, 60),
		`{"op":"noteq","field":"configurationItemType","value":3}`:        ids(20, 50), // nulls are not unequal
		`{"op":"in","field":"configurationItemType","value":[4,99]}`:      ids(20, 50),
		`{"op":"notIn","field":"configurationItemType","value":[4]}`:      ids(10, 40, 1<<40),
		`{"op":"contains","field":"referenceTitle","value":"ice-6"}`:      ids(60),
		`{"op":"beginsWith","field":"referenceTitle","value":"device-1"}`: ids(10, 1<<40),
		`{"op":"endsWith","field":"referenceTitle","value":"E-20"}`:       ids(20),
		`{"op":"eq","field":"My Field","udf":true,"value":"x"}`:           nil,
		`{"OP":"EQ","FIELD":"ID","VALUE":20,"surplus":1}`:                 ids(20),
		`{"op":"eq","field":"id","value":20,"udf":false,"items":[]}`:      ids(20),
		`{"op":"or","items":[{"op":"eq","field":"id","value":20},{"op":"and","items":[{"op":"gt","field":"id","value":40},{"op":"lt","field":"id","value":60}]}]}`: ids(20, 50),
	} {
		want(t, filter, c.items(filter), matches)
		want(t, "count of "+filter, c.count("ConfigurationItems", filter), int64(len(matches)))
	}
}

func TestQuery_AMisspeltOperatorIsAsIfItWereNotThere(t *testing.T) {
	c := start(t, small())
	wrong := `{"op":"noteExist","field":"companyID"}`
	want(t, "alone", len(c.items(wrong)), 7)
	want(t, "alone, counted", c.count("ConfigurationItems", wrong), 7)
	want(t, "beside another", c.items(wrong+`,{"op":"eq","field":"id","value":20}`), ids(20))
	want(t, "in an or", c.items(`{"op":"or","items":[`+wrong+`,{"op":"eq","field":"id","value":20}]}`), ids(20))
	want(t, "in a group alone", len(c.items(`{"op":"or","items":[`+wrong+`]}`)), 7)
}

func TestQuery_UnknownKeysAreIgnored(t *testing.T) {
	c := start(t, small())
	got, _ := c.post(items, `{"FILTER":[`+everyRow+`],"sort":"id desc","distinct":true,"maxrecords":2}`).page(t)
	want(t, "ids", got, ids(10, 20))
}

func TestQuery_AnUnknownFieldIs500(t *testing.T) {
	c := start(t, small())
	text := "Unable to find installedProductCategory in the ConfigurationItem Entity."
	wantErrors(t, "filter", c.post(items, `{"Filter":[{"op":"exist","field":"installedProductCategory"}]}`), 500, text)
	wantErrors(t, "include", c.post(items, `{"IncludeFields":["installedProductCategory"],"Filter":[`+everyRow+`]}`), 500, text)
	wantErrors(t, "cannot be asked for", c.post("V1.0/Companies/query", `{"Filter":[{"op":"exist","field":"assetValue"}]}`), 500, "Unable to find assetValue in the Company Entity.")
}

func TestQuery_AWrongValueIs500(t *testing.T) {
	c := start(t, small())
	for leaf, first := range map[string]string{
		`"field":"isActive","value":"true"`:                "t",
		`"field":"isActive","value":1`:                     "1",
		`"field":"isActive","value":null`:                  "n",
		`"field":"isActive"`:                               "n",
		`"field":"companyID","value":true`:                 "t",
		`"field":"configurationItemType","value":"Server"`: "S",
	} {
		wantErrors(t, leaf, c.post(items, `{"Filter":[{"op":"eq",`+leaf+`}]}`), 500, "Unexpected character encountered while parsing value: "+first)
	}
	want(t, "no JSON", c.post(items, `Filter=all`).status, 500)
}

func TestQuery_PageSizeIs1To500(t *testing.T) {
	c := start(t, small())
	for _, n := range []string{"0", "-1", "501", `"many"`} {
		wantErrors(t, n, c.post(items, `{"MaxRecords":`+n+`,"Filter":[`+everyRow+`]}`), 500, "maxCountOfRecordsToReturn must be between 1 and 500")
	}
	for _, n := range []string{"1", "500", "null"} {
		want(t, n, c.post(items, `{"MaxRecords":`+n+`,"Filter":[`+everyRow+`]}`).status, 200)
	}
}

func TestQuery_MoreThan500OrsIs500(t *testing.T) {
	c := start(t, small())
	in := func(n int) string { return `{"op":"in","field":"id","value":[` + list(n, "%d") + `]}` }
	want(t, "500 values", c.items(in(500)), ids(10, 20, 30, 40, 50, 60))
	or := `{"op":"or","items":[` + list(300, `{"op":"eq","field":"id","value":%d}`) + `]}`
	for _, filter := range []string{in(501), or + "," + in(201)} {
		wantErrors(t, "too many", c.post(items, `{"Filter":[`+filter+`]}`), 500, "Invalid query syntax. Queries are limited to 500 or fewer 'OR' conditions.")
	}
}

func TestQuery_TwoUserDefinedFieldsAreRefused(t *testing.T) {
	c := start(t, small())
	udf := `{"op":"eq","field":"My Field","udf":true,"value":"x"}`
	want(t, "two", c.post(items, `{"Filter":[`+udf+`,`+udf+`]}`).status, 500)
}

func TestQuery_FewFields(t *testing.T) {
	c := start(t, small())
	body := `{"IncludeFields":["ID","companyid","configurationItemType","isActive"],"Filter":[{"op":"gt","field":"id","value":50}]}`
	want(t, "page", c.post(items, body).text, `{"items":[`+
		`{"id":60,"companyID":1,"configurationItemType":null,"isActive":true,"userDefinedFields":[]},`+
		`{"id":1099511627776,"companyID":null,"configurationItemType":3,"isActive":true,"userDefinedFields":[]}],`+
		`"pageDetails":{"count":2,"requestCount":500,"prevPageUrl":null,"nextPageUrl":null}}`)
}

func TestQuery_AllFields(t *testing.T) {
	tenant := small()
	c := start(t, tenant)
	for _, include := range []string{``, `"IncludeFields":[],`} {
		var got struct{ Items []map[string]any }
		c.post(items, `{`+include+`"Filter":[{"op":"eq","field":"id","value":10}]}`).into(t, &got)
		row := got.Items[0]
		if len(row) < 100 || row["rmmDeviceID"] != 5_000_000_000_010.0 || row["userDefinedFields"] == nil || row["fieldOfTomorrow"] == nil {
			t.Errorf("%d fields: %v", len(row), row)
		}
	}
	has := func(name string) bool { return strings.Contains(c.post(items, all).text, `"`+name+`":`) }
	want(t, "today's spelling", []bool{has("rmmDeviceUid"), has("rmmDeviceUID")}, []bool{true, false})
	tenant.Switch(func(s *autotasktest.Switches) { s.UpperAcronyms = true })
	want(t, "older spelling", []bool{has("rmmDeviceUid"), has("rmmDeviceUID")}, []bool{false, true})
}

func TestQuery_ByGETTakesTheSameQueryUpTo2048Characters(t *testing.T) {
	c := start(t, small())
	got, _ := c.get(items + "?search=" + escape(all)).page(t)
	want(t, "rows", len(got), 7)
	want(t, "count", c.get(items+"/count?search="+escape(all)).text, `{"queryCount":7}`)
	want(t, "no search", c.get(items).status, 500)
	want(t, "long", c.get(items+"?search="+escape(all+strings.Repeat(" ", 2000))).status, 404)
}
