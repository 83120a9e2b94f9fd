package fetch_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

// made lists the companies for which a run has queued an account, by id.
func (o *office) made() []string {
	ids := []string{}
	for _, m := range o.accounts.sent {
		if m.Group != "services" {
			ids = append(ids, m.Group)
		}
	}
	slices.Sort(ids)
	return ids
}

func newOfficeOfTypes(t *testing.T) *office {
	o := newOffice(t)
	o.tenant.ChangeCompany(2, func(c *autotasktest.Company) { c.Type = 7 }) // a vendor
	o.tenant.ChangeCompany(3, func(c *autotasktest.Company) { c.Type = 2 }) // a lead
	return o
}

func TestCompanyTypes_ByNameAndByID_AccountsAreMadeForTheseOnly(t *testing.T) {
	for setting, want := range map[string][]string{
		"":                     {"1", "2", "3"},
		"customer":             {"1"},
		" Customer , VENDOR ":  {"1", "2"},
		"1,2":                  {"1", "3"},
		"Lead, Prospect, Lead": {"3"},
	} {
		o := newOfficeOfTypes(t)
		types, err := fetch.ParseCompanyTypes(setting)
		if err != nil {
			t.Fatal(err)
		}
		o.stage.CompanyTypes = types
		r, err := o.run(fetch.Event{})
		if err != nil {
			t.Fatal(err)
		}
		if got := o.made(); !slices.Equal(got, want) {
			t.Errorf("%q: accounts for %v, not %v", setting, got, want)
		}
		if n := len(attention(r, fetch.KindNoAccount)); n != 3-len(want) {
			t.Errorf("%q: %d companies without account are reported: %v", setting, n, r.Attention)
		}
	}
}

func TestCompanyTypes_CompanyWithAnAccountBecomesAVendor_IsToldAsBeforeAndReported(t *testing.T) {
	o := newOffice(t)
	o.stage.CompanyTypes = []string{"Customer"}
	o.night()
	o.tenant.ChangeCompany(2, func(c *autotasktest.Company) { c.Type = 7 })
	o.add(2, 1, 1)
	r := o.night()
	if got := attention(r, fetch.KindOtherType); len(got) != 1 || !strings.Contains(got[0], "company type Vendor") {
		t.Errorf("%v", r.Attention)
	}
	if i := slices.IndexFunc(r.Changes, func(c fetch.Change) bool { return c.AccountID == "2" && c.To == 2 }); i < 0 {
		t.Errorf("%+v", r.Changes)
	}
}

func TestCompanyTypes_ATypeThatIsNotThere_IsAnErrorThatListsThemBeforeItemsAreRead(t *testing.T) {
	o := newOffice(t)
	o.stage.CompanyTypes = []string{"Customer", "Clients"}
	_, err := o.run(fetch.Event{})
	var settings *fetch.SettingsError
	if !errors.As(err, &settings) || !strings.Contains(err.Error(), `COMPANY_TYPES names "Clients"`) || !strings.Contains(err.Error(), "Customer (1), Lead (2)") {
		t.Fatalf("got %v", err)
	}
	if n := o.tenant.Count(autotasktest.On("ConfigurationItems", "query")) + o.tenant.Count(autotasktest.On("ConfigurationItems", "count")); n != 0 {
		t.Errorf("%d requests for items", n)
	}
}

func TestCompanyTypes_EmptyEntry_IsRefused(t *testing.T) {
	for _, setting := range []string{",", "Customer,", "Customer,,Vendor"} {
		if types, err := fetch.ParseCompanyTypes(setting); err == nil {
			t.Errorf("%q: %v", setting, types)
		}
	}
}
