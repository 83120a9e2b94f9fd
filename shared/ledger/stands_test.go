package ledger

import "testing"

// The name is the one that stands at Synthesize; else the account would never be given the company's.
func TestAccount_ThatStood_HasTheNameThatItHasThere(t *testing.T) {
	a := Account{ID: "175", Name: "Contoso", Wanted: true} // the name that its run means to give it
	a.Stands("Contoso (old)")
	if a.Name != "Contoso (old)" {
		t.Errorf("the ledger says that Synthesize calls it %q", a.Name)
	}
}

// A rule that once took a name over keeps its service when another rule takes the name up again.
func TestServices_NameTakenUpAgainByAnotherRule_LeavesTheRenamedServiceAlone(t *testing.T) {
	var s Services
	s.Apply([]Rule{{Name: "Servers"}})
	s.Apply([]Rule{{Name: "Managed Servers", Formerly: []string{"Servers"}}})
	s.Apply([]Rule{{Name: "Servers"}, {Name: "Managed Servers"}})
	if managed, _ := s.ByName("Managed Servers"); managed.Key != "Servers" {
		t.Errorf("the renamed service has the key %q now", managed.Key)
	}
}
