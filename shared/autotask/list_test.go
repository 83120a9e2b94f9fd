package autotask

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
)

func TestCompanies_AreReadWholeWithTheirNamesMadeClean(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTenant(nil)
		s.rows[Companies] = []device{
			{id: 0, name: "Own & Co", typ: 1},
			{id: 5, name: " Müller\u0000 \"GmbH\"\r\n& Söhne 🚀 ", typ: NoType},
			{id: 1 << 40, name: "Closed", typ: 3, retired: true},
		}
		c := login(t, s)
		got, err := c.Companies(t.Context())
		want := []Company{
			{0, "Own & Co", true, 1},
			{5, "Müller \"GmbH\"  & Söhne 🚀", true, NoType},
			{1 << 40, "Closed", false, 3},
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("got %+v, %v", got, err)
		}
		own, err := c.OwnCompany(t.Context())
		if err != nil || own.Name != "Own & Co" {
			t.Errorf("own company: %+v, %v", own, err)
		}
	})
}

func TestOwnCompany_NotVisible_HasNoName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTenant(nil)
		s.rows[Companies] = []device{{id: 8, name: "x"}}
		c := login(t, s)
		if own, err := c.OwnCompany(t.Context()); err != nil || own != (Company{}) {
			t.Errorf("got %+v, %v", own, err)
		}
	})
}

func TestTypes_ThoseNotActiveIncluded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTenant(nil)
		s.rows[ConfigurationItemTypes] = []device{{id: 1, name: "Server"}, {id: 2, name: "Old", retired: true}}
		c := login(t, s)
		got, err := c.Types(t.Context())
		if err != nil || !slices.Equal(got, []Type{{1, "Server", true}, {2, "Old", false}}) {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func TestCompanies_ManyPages_ThroughTheLastFullOne(t *testing.T) {
	for _, n := range []int{0, 499, 500, 501, 1000, 2345} {
		synctest.Test(t, func(t *testing.T) {
			s := newTenant(nil)
			s.rows[Companies] = even(n)
			c := login(t, s)
			if got, err := c.Companies(t.Context()); err != nil || len(got) != n {
				t.Errorf("%d companies: got %d, %v", n, len(got), err)
			}
		})
	}
}

func TestCompanies_RowMissing_AreReadAgain(t *testing.T) {
	for _, lies := range []int{1, 2, 3} {
		synctest.Test(t, func(t *testing.T) {
			s := newTenant(nil)
			s.rows[Companies] = even(700)
			told := 0
			s.edit = func(a asked, rows []device, info *pageInfo) []device {
				if told++; told > 2*lies || len(rows) != 500 {
					return rows
				}
				info.count--
				return slices.Delete(rows, 9, 10)
			}
			c := login(t, s)
			got, err := c.Companies(t.Context())
			var incomplete *IncompleteReadError
			switch {
			case lies < attemptsToAgree && (err != nil || len(got) != 700):
				t.Errorf("%d wrong reads: got %d, %v", lies, len(got), err)
			case lies == attemptsToAgree && (!errors.As(err, &incomplete) || incomplete.Entity != Companies || incomplete.Read != 699):
				t.Errorf("%d wrong reads: got %d, %v", lies, len(got), err)
			}
		})
	}
}

func TestCompanies_AddedDuringTheRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTenant(nil)
		s.rows[Companies] = even(700)
		s.before = func(a asked, _ http.ResponseWriter) bool {
			if a.index == 2 {
				rows := s.rows[Companies]
				s.rows[Companies] = append(slices.Clone(rows), device{id: rows[699].id + 1, name: "new"})
			}
			return false
		}
		c := login(t, s)
		if got, err := c.Companies(t.Context()); err != nil || len(got) != 701 {
			t.Errorf("got %d, %v", len(got), err)
		}
	})
}
