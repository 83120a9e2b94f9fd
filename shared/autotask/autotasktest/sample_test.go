package autotasktest_test

import (
	"reflect"
	"testing"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

func TestSample_HasWhatRealTenantsHave(t *testing.T) {
	tenant := autotasktest.Sample(1)
	companies := map[int64]autotasktest.Company{}
	names := map[string]int{}
	for _, c := range tenant.Companies() {
		companies[c.ID] = c
		names[c.Name]++
	}
	found := map[string]int{}
	tenant.Items(func(i autotasktest.Item) bool {
		found["items"]++
		company, known := companies[i.Company]
		for what, has := range map[string]bool{
			"of the MSP itself":           i.Company == 0,
			"of an inactive company":      company.Inactive && !i.Inactive,
			"of a company not to be seen": company.Hidden,
			"of a company without a row":  !known,
			"without a type":              i.Type == autotasktest.Null,
			"of a type not listed":        i.Type == 99,
			"of an inactive type":         i.Type == autotasktest.TypeThinClient,
			"retired":                     i.Inactive,
			"beyond 2^31":                 i.ID > 1<<31,
		} {
			if has {
				found[what]++
			}
		}
		return true
	})
	want(t, "kinds of item", len(found), 10)
	if n := found["items"]; n < 2_500 || n > 5_500 || len(companies) != 61 {
		t.Errorf("%d items in %d companies", n, len(companies))
	}
	want(t, "two companies of one name", names["Contoso"], 2)
}

func TestSample_IsTheSameForTheSameSeed(t *testing.T) {
	one, again, other := autotasktest.Sample(3), autotasktest.Sample(3), autotasktest.Sample(4)
	want(t, "again", again.ActiveItems(), one.ActiveItems())
	want(t, "another seed differs", reflect.DeepEqual(other.ActiveItems(), one.ActiveItems()), false)
}

func TestListen_ServesOnAnAddressOfOnesChoice(t *testing.T) {
	server, err := autotasktest.Listen(small(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	c := &caller{t: t, url: server.URL + "/zone5/ATServicesRest/", with: autotasktest.DefaultCredentials}
	want(t, "answers", c.get("V1.0/Companies/0").status, 200)
	_, err = autotasktest.Listen(small(), "127.0.0.1:-1")
	want(t, "no such address", err != nil, true)
}
