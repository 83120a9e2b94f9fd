package autotasktest_test

import (
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

// stored is the same as generated, item by item.
func stored(n int) *autotasktest.Tenant {
	from, to := generated(n), autotasktest.NewTenant(autotasktest.Options{LogLimit: -1})
	from.Items(func(i autotasktest.Item) bool {
		if i.ID > 0 { // 0 would mean the next free id
			to.AddItem(i)
		}
		return true
	})
	return to
}

func TestGenerated_AreAsIfStored_WhateverIsDoneToThem(t *testing.T) {
	const n = 4_000
	made, kept := generated(n), stored(n)
	made.DeleteItem(0)
	random := rand.New(rand.NewPCG(1, 2))
	for range 600 {
		id := int64(random.IntN(n * 16))
		company, inactive := random.Int64N(50), random.IntN(2) == 0
		for _, tenant := range []*autotasktest.Tenant{made, kept} {
			switch id % 4 {
			case 0:
				tenant.DeleteItem(id)
			case 1:
				tenant.ChangeItem(id, func(i *autotasktest.Item) { i.Inactive = !i.Inactive })
			case 2:
				tenant.ChangeItem(id, func(i *autotasktest.Item) { i.Company = company })
			default:
				tenant.AddItem(autotasktest.Item{ID: max(id, 1), Company: company, Inactive: inactive})
			}
		}
	}
	want(t, "truth", made.ActiveItems(), kept.ActiveItems())
	a, b := start(t, made), start(t, kept)
	want(t, "GET", linkedAll(a), linkedAll(b))
	for range 40 {
		low, high := random.IntN(n*16), random.IntN(n*16)
		for _, state := range []string{``, `,{"op":"eq","field":"isActive","value":true}`, `,{"op":"noteq","field":"isActive","value":true}`} {
			filter := `{"op":"gte","field":"id","value":` + strconv.Itoa(low) + `},{"op":"lt","field":"id","value":` + strconv.Itoa(high) + `}` + state
			slow := filter + `,{"op":"or","items":[{"op":"exist","field":"id"}]}` // counted by visiting each
			got := a.count("ConfigurationItems", filter)
			want(t, filter, got, b.count("ConfigurationItems", filter))
			want(t, slow, got, b.count("ConfigurationItems", slow))
		}
	}
}

func linkedAll(c *caller) (all []int64) {
	for _, page := range linked(c, "POST", items, `{"IncludeFields":["id"],"Filter":[`+everyRow+`]}`) {
		all = append(all, page...)
	}
	return all
}

func TestGenerated_OverStoredItemsEachIDIsThereOnce(t *testing.T) {
	tenant := small()
	tenant.Generate(3, func(i int) int64 { return int64(i) * 20 }, func(int) autotasktest.Item { return autotasktest.Item{Company: 5} })
	c := start(t, tenant)
	want(t, "ids", c.items(everyRow), ids(0, 10, 20, 30, 40, 50, 60, 1<<40))
	want(t, "count", c.count("ConfigurationItems", everyRow), 8)
	want(t, "the stored ones stay as they are", c.items(`{"op":"eq","field":"companyID","value":5}`), ids(0))
}

func TestItems_AnIDIsNeverGivenTwice(t *testing.T) {
	tenant := small()
	first := tenant.AddItem(autotasktest.Item{Company: 1})
	want(t, "above all", first, 1<<40+1)
	tenant.DeleteItem(first)
	want(t, "after a deletion", tenant.AddItem(autotasktest.Item{Company: 1}), first+1)
	made := generated(10)
	want(t, "above generated ones", made.AddItem(autotasktest.Item{}), 64)
	want(t, "no such item", made.Retire(5), false)
}

func TestActiveItems_AreTheDataThemselves(t *testing.T) {
	tenant := small()
	want(t, "truth", tenant.ActiveItems(), map[int64]map[int64]int64{
		0: {3: 1, 4: 1}, 1: {4: 1, 3: 1, autotasktest.Null: 1}, autotasktest.Null: {3: 1},
	})
	tenant.Retire(20)
	tenant.ChangeItem(30, func(i *autotasktest.Item) { i.Inactive = false })
	want(t, "truth", tenant.ActiveItems(), map[int64]map[int64]int64{
		0: {3: 1, 4: 1, autotasktest.Null: 1}, 1: {3: 1, autotasktest.Null: 1}, autotasktest.Null: {3: 1},
	})
}

func TestOnRequest_SeesTheFilterAndChangesWhatIsAnswered(t *testing.T) {
	tenant := small()
	c := start(t, tenant)
	tenant.OnRequest(func(r autotasktest.Request) {
		for _, f := range r.Filter() {
			if f.Field == "companyID" {
				tenant.DeleteItem(20)
			}
		}
	})
	want(t, "another filter", len(c.items(everyRow)), 7)
	want(t, "that filter", c.items(`{"op":"eq","field":"companyID","value":1}`), ids(40, 60))
	tenant.AddItem(autotasktest.Item{ID: 20, Company: 1})
	got, _ := c.get(items + "?search=" + escape(`{"filter":[{"op":"eq","field":"companyID","value":1}]}`)).page(t)
	want(t, "by GET", got, ids(40, 60))
}

func TestLog_CanBeLimitedAndSwitchedOff(t *testing.T) {
	tenant := small()
	c := start(t, tenant)
	tenant.LimitLog(2)
	for range 3 {
		c.post(items, all)
	}
	want(t, "limited", []int{len(tenant.Requests()), tenant.Count(nil)}, []int{2, 2})
	tenant.ResetLog()
	tenant.LimitLog(0)
	c.post(items, all)
	want(t, "off", len(tenant.Requests()), 0)
}

func TestTenant_CanBeChangedWhileItIsRead(t *testing.T) {
	tenant := generated(5_000)
	c := start(t, tenant)
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range int64(300) {
			tenant.Retire(i * 7)
			tenant.DeleteItem(i*7 + 700)
			tenant.SetCompany(autotasktest.Company{ID: i, Name: "C"})
			tenant.RemoveCompany(i - 5)
			tenant.Switch(func(s *autotasktest.Switches) { s.UpperAcronyms = !s.UpperAcronyms })
		}
	})
	wg.Go(func() {
		for range 20 {
			want(t, "companies", c.post("V1.0/Companies/query", all).status, 200)
		}
	})
	got := linkedAll(c)
	wg.Wait()
	for i := 1; i < len(got); i++ {
		if got[i] <= got[i-1] {
			t.Fatalf("id %d after %d", got[i], got[i-1])
		}
	}
}
