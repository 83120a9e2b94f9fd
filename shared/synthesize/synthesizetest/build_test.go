package synthesizetest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

func bubble(t *testing.T, o synthesizetest.Options, test func(*testing.T, *synthesizetest.Simulator, *client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := synthesizetest.New(o)
		test(t, m, inMemory(t, m))
	})
}

func TestRebuild_FollowsTheLastCallWithoutNoBuild(t *testing.T) {
	o := synthesizetest.Options{Switches: synthesizetest.Switches{Debounce: 2 * time.Second}}
	bubble(t, o, func(t *testing.T, m *synthesizetest.Simulator, c *client) {
		id := c.mapped(m)
		build := func(units string) { c.post(countPath(id), countBody("175", units)) }
		c.count(id, "175", "1")
		time.Sleep(time.Hour)
		want(t, "without a request the view is never built", len(m.Built()), 0)
		build("2")
		time.Sleep(1500 * time.Millisecond)
		build("3") // starts the debounce anew
		time.Sleep(1500 * time.Millisecond)
		want(t, "within the debounce", len(m.Built()), 0)
		want(t, "pending", m.RebuildPending(), true)
		time.Sleep(time.Second)
		want(t, "built", m.Built()[acme], "3")
		want(t, "rebuilds", m.Rebuilds(), 1)
		want(t, "requests for one", m.RebuildRequests(), 2)
		want(t, "pending", m.RebuildPending(), false)
	})
}

func TestRebuild_TakesWhatStoodWhenTheDebounceRanOut(t *testing.T) {
	o := synthesizetest.Options{Switches: synthesizetest.Switches{Debounce: time.Second}}
	bubble(t, o, func(t *testing.T, m *synthesizetest.Simulator, c *client) {
		id := c.mapped(m)
		c.post(countPath(id), countBody("175", "1"))
		time.Sleep(500 * time.Millisecond)
		c.count(id, "175", "2") // stored before the view is built
		time.Sleep(time.Hour)   // nobody looks meanwhile
		c.count(id, "175", "3") // stored long after
		want(t, "built", m.Built()[acme], "2")
		want(t, "stored", m.Counts()[acme], "3")
	})
}

func TestNoBuild_IsReadWithoutRegardToCase(t *testing.T) {
	for value, asks := range map[string]int{"true": 0, "True": 0, "TRUE": 0, "false": 1, "": 1, "1": 1} {
		t.Run(value, func(t *testing.T) {
			m := synthesizetest.New(synthesizetest.Options{})
			c := inMemory(t, m)
			id := c.mapped(m)
			c.post(countPath(id)+"?no_build="+value, countBody("175", "1"))
			want(t, "requests for a rebuild", m.RebuildRequests(), asks)
		})
	}
}

func TestRebuild_IsNotAskedForByA404UnlessSwitched(t *testing.T) {
	m := synthesizetest.New(synthesizetest.Options{})
	c := inMemory(t, m)
	id := c.mapped(m)
	c.post(countPath(id), countBody("1", "1"))
	want(t, "by default", m.RebuildRequests(), 0)
	m.Switch(func(s *synthesizetest.Switches) { s.RebuildAfter404 = true })
	c.post(countPath(id), countBody("1", "1"))
	c.count(id, "1", "1")
	want(t, "switched", m.RebuildRequests(), 1)
}

func TestRebuild_CanBeAtOnceOrHurried(t *testing.T) {
	m := synthesizetest.New(synthesizetest.Options{Switches: synthesizetest.Switches{Debounce: -1}})
	c := inMemory(t, m)
	id := c.mapped(m)
	c.post(countPath(id), countBody("175", "1"))
	want(t, "at once", m.Built()[acme], "1")
	m.Switch(func(s *synthesizetest.Switches) { s.Debounce = time.Hour })
	c.post(countPath(id), countBody("175", "2"))
	want(t, "later", m.Built()[acme], "1")
	want(t, "hurried", m.FinishRebuild(), true)
	want(t, "then", m.Built()[acme], "2")
	want(t, "nothing pending", m.FinishRebuild(), false)
}

func TestCards_ShowADashWhereNothingWasToldAndAZeroWhereItWas(t *testing.T) {
	m := synthesizetest.New(synthesizetest.Options{Switches: synthesizetest.Switches{Debounce: -1}})
	c := inMemory(t, m)
	id := c.mapped(m)
	for _, account := range []string{"2", "3", "4", "5", "6"} {
		c.account(account, "Client "+account)
	}
	must(t, m.MapAccount("2", "3", "4", "5"))
	c.service(m, "Not mapped")
	pair := func(account string) synthesizetest.Pair {
		return synthesizetest.Pair{AccountID: account, Service: "Managed Servers"}
	}
	m.SetPSAUnits(pair("2"), "4")
	m.SetPSAUnits(pair("4"), "7")
	m.SetPSAUnits(pair("5"), "2.0")
	c.count(id, "2", "0")
	c.count(id, "3", "5")
	c.count(id, "4", "8")
	c.post(countPath(id), countBody("5", "2"))

	expected := map[string]synthesizetest.Card{
		"175": {PSAUnits: "0", VendorUnits: synthesizetest.Dash, Kind: synthesizetest.NoChange},
		"2":   {PSAUnits: "4", VendorUnits: "0", Kind: synthesizetest.Reconcile},
		"3":   {PSAUnits: "0", VendorUnits: "5", Kind: synthesizetest.NewRevenueFound},
		"4":   {PSAUnits: "7", VendorUnits: "8", Kind: synthesizetest.Reconcile},
		"5":   {PSAUnits: "2.0", VendorUnits: "2", Kind: synthesizetest.NoChange},
	}
	cards := m.Cards()
	want(t, "cards; none for account 6 and the other service", len(cards), 5)
	for _, card := range cards {
		e := expected[card.AccountID]
		want(t, card.AccountID+" PSA", card.PSAUnits, e.PSAUnits)
		want(t, card.AccountID+" vendor", card.VendorUnits, e.VendorUnits)
		want(t, card.AccountID+" kind", card.Kind, e.Kind)
	}
	want(t, "name", cards[1].Account, "Client 2")

	want(t, "approved", m.Approve(), 3)
	want(t, "the PSA changes by approval alone", m.PSAUnits()[pair("2")], "0")
	want(t, "nothing left", m.Approve(), 0)

	c.count(id, "2", "9")
	want(t, "a count that no view was built from", m.Cards()[1].VendorUnits, "0")
}
