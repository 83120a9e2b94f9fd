package autotasktest_test

import (
	"fmt"
	"testing"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

func TestGet_AMissingIDIsANullItem(t *testing.T) {
	tenant := small()
	c := start(t, tenant)
	want(t, "missing", c.get("V1.0/ConfigurationItems/11").text, `{"item":null}`)
	tenant.Switch(func(s *autotasktest.Switches) { s.Missing404 = true })
	want(t, "switched", c.get("V1.0/ConfigurationItems/11").status, 404)
	var got struct{ Item struct{ ID, CompanyID int64 } }
	c.get("V1.0/ConfigurationItems/20").into(t, &got)
	want(t, "there", []int64{got.Item.ID, got.Item.CompanyID}, ids(20, 1))
}

func TestCompanies_Company0IsReal(t *testing.T) {
	c := start(t, small())
	got, _ := c.post("V1.0/Companies/query", all).page(t)
	want(t, "from 0", got, ids(0, 1))
	want(t, "above 0", c.count("Companies", `{"op":"gt","field":"id","value":0}`), 1)
}

func TestCompanies_AreAsTheyAreNow(t *testing.T) {
	tenant := small()
	c := start(t, tenant)
	type company struct {
		CompanyName     string
		IsActive        bool
		ParentCompanyID *int64
		CompanyType     int64
	}
	get := func() *company {
		var got struct{ Item *company }
		c.get("V1.0/Companies/1").into(t, &got)
		return got.Item
	}
	seven := int64(7)
	want(t, "at first", *get(), company{"Contoso", true, &seven, 1})
	tenant.ChangeCompany(1, func(c *autotasktest.Company) { c.Name, c.Inactive, c.Parent = "Fabrikam\u0000 \"Ü\"", true, 0 })
	want(t, "changed", *get(), company{"Fabrikam\u0000 \"Ü\"", false, nil, 1})
	tenant.ChangeCompany(1, func(c *autotasktest.Company) { c.Hidden = true })
	want(t, "hidden", get(), nil)
	want(t, "hidden, counted", c.count("Companies", everyRow), 1)
	tenant.ChangeCompany(1, func(c *autotasktest.Company) { c.Hidden = false })
	want(t, "shown", get() != nil, true)
	tenant.RemoveCompany(1)
	want(t, "removed", get(), nil)
	want(t, "its items stay", c.items(`{"op":"eq","field":"companyID","value":1}`), ids(20, 40, 60))
}

func TestTypes_AreAnEntityAndAPicklistOfStrings(t *testing.T) {
	tenant := small()
	tenant.SetType(autotasktest.Type{ID: 2, Name: "Printer", Inactive: true})
	c := start(t, tenant)
	got, _ := c.post("V1.0/ConfigurationItemTypes/query", all).page(t)
	want(t, "types", got, ids(2, 3))
	type entry struct {
		Value, Label string
		IsActive     bool
	}
	var fields struct {
		Fields []struct {
			Name           string
			IsPickList     bool
			IsQueryable    bool
			PicklistValues []entry
		}
	}
	c.get("V1.0/ConfigurationItems/entityInformation/fields").into(t, &fields)
	for _, f := range fields.Fields {
		switch {
		case f.Name == "configurationItemType":
			want(t, "picklist", f.PicklistValues, []entry{{"2", "Printer", false}, {"3", "Server", true}})
		case f.IsPickList != (f.PicklistValues != nil):
			t.Errorf("%s: picklist %t with %v", f.Name, f.IsPickList, f.PicklistValues)
		}
	}
	tenant.RemoveType(3)
	want(t, "removed", c.get("V1.0/ConfigurationItemTypes/3").text, `{"item":null}`)
	want(t, "its items stay", c.items(`{"op":"eq","field":"configurationItemType","value":3}`), ids(10, 40, 1<<40))
}

func TestEntityInformation_SaysWhatTheUserMayRead(t *testing.T) {
	tenant := small()
	c := start(t, tenant)
	access := func() string {
		var got struct {
			Info struct{ UserAccessForQuery string }
		}
		c.get("V1.0/ConfigurationItems/entityInformation").into(t, &got)
		return got.Info.UserAccessForQuery
	}
	want(t, "usual", access(), "All")
	for _, switched := range []string{"Restricted", "None"} {
		tenant.Switch(func(s *autotasktest.Switches) { s.QueryAccess = switched })
		want(t, "switched", access(), switched)
	}
	want(t, "none", c.post(items, all).status, 500)
}

func TestRestrictedUser_GetsFewerRowsAndNoError(t *testing.T) {
	tenant := small()
	c := start(t, tenant)
	tenant.Switch(func(s *autotasktest.Switches) { s.Restricted = true })
	want(t, "items", c.items(everyRow), ids(10, 30, 50, 1<<40))
	want(t, "counted", c.count("ConfigurationItems", everyRow), 4)
	want(t, "companies", c.count("Companies", everyRow), 1)
	want(t, "one item", c.get("V1.0/ConfigurationItems/20").text, `{"item":null}`)
}

func TestThresholdInformation_CountsEverybodyAndItself(t *testing.T) {
	tenant := small()
	tenant.Switch(func(s *autotasktest.Switches) { s.OthersUsed = 100 })
	c := start(t, tenant)
	for n := range 2 {
		want(t, "usage", c.get("V1.0/ThresholdInformation").text,
			fmt.Sprintf(`{"externalRequestThreshold":10000,"requestThresholdTimeframe":60,"currentTimeframeRequestCount":%d}`, 101+n))
	}
}
