package autotask

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// Who is not marked active can be counted as 0 (INACTIVE_COMPANIES), and a name that is missing would go to Synthesize. What
// Autotask leaves out is neither a no nor a name.
func TestCompanies_CompanyWithoutItsFields_IsNoCompanyThatIsNotActive(t *testing.T) {
	for row, want := range map[string]struct {
		active bool
		fault  string
	}{
		`{"id":7,"companyName":"A","isActive":true,"companyType":1}`:  {true, ""},
		`{"id":7,"companyName":"A","isActive":false,"companyType":1}`: {false, ""},
		`{"id":7,"companyName":"A","isActive":null,"companyType":1}`:  {true, ""},
		`{"id":7,"companyName":"A","companyType":1}`:                  {false, "lacks companyName or isActive"},
		`{"id":7,"isActive":true,"companyType":1}`:                    {false, "lacks companyName or isActive"},
		// Nor does it have those of the one before it.
		`{"id":6,"companyName":"Z","isActive":true,"companyType":1},{"id":7,"companyType":1}`: {false, "lacks companyName or isActive"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newTenant(nil)
			s.rows[Companies] = []device{{id: 7, name: "A", typ: 1}}
			s.before = func(a asked, w http.ResponseWriter) bool {
				if a.entity != string(Companies) || a.operation != "query" {
					return false
				}
				_, _ = w.Write([]byte(`{"items":[` + row + `],"pageDetails":{"count":1,"requestCount":500,"prevPageUrl":null,"nextPageUrl":null}}`))
				return true
			}
			c := login(t, s)
			got, err := c.Companies(t.Context())
			switch {
			case want.fault != "":
				if err == nil || !strings.Contains(err.Error(), want.fault) {
					t.Errorf("%s: got %+v, %v", row, got, err)
				}
			case err != nil || len(got) != 1 || got[0].Active != want.active:
				t.Errorf("%s: got %+v, %v", row, got, err)
			}
		})
	}
}
