package synthesizetest_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

const exists = `{"statusCode":409,"message":"A resource with this Id already exists"}`

func TestPostAccounts_TakesAnArrayOrOneObjectAndAnswersAnArray(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	wantReply(t, "array", c.post(accountsPath, `[{"id":"1","name":" A & B ","description":""},{"id":"2","name":"B","isArrears":true}]`),
		201, `[{"id":"1","name":" A & B ","description":""},{"id":"2","name":"B","description":""}]`)
	wantReply(t, "object", c.post(accountsPath, `{"id":"3","name":"C"}`), 201, `[{"id":"3","name":"C","description":""}]`)
	wantReply(t, "empty array", c.post(accountsPath, `[]`), 201, `[]`)
	want(t, "accounts", len(m.Accounts()), 3)
	want(t, "arrears", m.Accounts()[1].Arrears, true)
}

func TestPostAccounts_RefusesTheWholeBatchForOneWrongAccount(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	for _, wrong := range []string{`{"id":2,"name":"B"}`, `{"name":"B"}`, `{"id":"2"}`, `{"id":"","name":"B"}`, `{"id":"2","name":null}`, `7`, `null`} {
		want(t, wrong, c.post(accountsPath, `[{"id":"1","name":"A"},`+wrong+`]`).status, 400)
	}
	want(t, "accounts", len(m.Accounts()), 0)
	m.Switch(func(s *synthesizetest.Switches) { s.LenientAccountID = true })
	want(t, "a number, leniently", c.post(accountsPath, `[{"id":2,"name":"B"}]`).status, 201)
	want(t, "id", m.Accounts()[0].ID, "2")
}

func TestPostAccounts_ExistingIDIs409(t *testing.T) {
	for mode, stored := range map[synthesizetest.BatchMode]string{
		synthesizetest.Atomic: "2", synthesizetest.PartialUntil: "2,1", synthesizetest.PartialAllOther: "2,1,3",
	} {
		t.Run(string(mode), func(t *testing.T) {
			m, c := start(t, synthesizetest.Options{Switches: synthesizetest.Switches{Batch: mode}})
			c.account("2", "B")
			wantReply(t, "batch", c.post(accountsPath, `[{"id":"1","name":"A"},{"id":"2","name":"B"},{"id":"3","name":"C"}]`), 409, exists)
			var ids []string
			for _, a := range m.Accounts() {
				ids = append(ids, a.ID)
			}
			want(t, "stored", strings.Join(ids, ","), stored)
		})
	}
}

func TestPostAccounts_TwiceInOneBatchIs409(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	wantReply(t, "batch", c.post(accountsPath, `[{"id":"1","name":"A"},{"id":"1","name":"A"}]`), 409, exists)
	want(t, "accounts", len(m.Accounts()), 0)
}

func TestPostAccounts_TooManyOrTooLargeIs413(t *testing.T) {
	m, c := start(t, synthesizetest.Options{Switches: synthesizetest.Switches{MaxBatch: 2, MaxBodyBytes: 200}})
	want(t, "three", c.post(accountsPath, `[{"id":"1","name":"A"},{"id":"2","name":"B"},{"id":"3","name":"C"}]`).status, 413)
	want(t, "too long", c.post(accountsPath, fmt.Sprintf(`[{"id":"1","name":%q}]`, strings.Repeat("A", 200))).status, 413)
	want(t, "accounts", len(m.Accounts()), 0)
	want(t, "two", c.post(accountsPath, `[{"id":"1","name":"A"},{"id":"2","name":"B"}]`).status, 201)
}

func TestGetAccounts_IsABareArrayInThreeShapes(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	wantReply(t, "none", c.get(accountsPath), 200, `[]`)
	c.account("1", "A")
	c.account("2", "B")
	must(t, m.MapAccount("2"))
	wantReply(t, "three fields", c.get(accountsPath), 200,
		`[{"id":"1","name":"A","description":""},{"id":"2","name":"B","description":""}]`)
	m.Switch(func(s *synthesizetest.Switches) { s.AccountShape = synthesizetest.WithIsMapped })
	wantReply(t, "isMapped", c.get(accountsPath), 200,
		`[{"id":"1","name":"A","description":"","isMapped":false},{"id":"2","name":"B","description":"","isMapped":true}]`)
	m.Switch(func(s *synthesizetest.Switches) { s.AccountShape = synthesizetest.WithMappingID })
	wantReply(t, "mappingId", c.get(accountsPath), 200,
		`[{"id":"1","name":"A","description":"","isMapped":false},{"id":"2","name":"B","description":"","isMapped":true,"mappingId":"`+m.Accounts()[1].MappingID+`"}]`)
}

func TestGetAccounts_Filters(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	for _, id := range []string{"1", "2", "3"} {
		c.account(id, "n")
	}
	must(t, m.MapAccount("2"))
	for query, ids := range map[string]string{
		"returnUnmapped=false": "2", "returnUnmapped=true": "1,2,3", "accountIds=1,3": "1,3",
		"accountIds=1&accountIds=2": "1,2", "accountIds[]=3": "3", "accountIds=1,2&returnUnmapped=false": "2",
	} {
		var got []string
		for _, a := range array(t, c.get(accountsPath+"?"+query).body) {
			got = append(got, a["id"].(string))
		}
		want(t, query, strings.Join(got, ","), ids)
	}
}

func TestPatchAccount_ChangesNameAndDescription(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	c.account("a/b c", "Old")
	wantReply(t, "escaped id", c.do("PATCH", accountsPath+"/"+url.PathEscape("a/b c"), `{"name":"New"}`), 200,
		`{"id":"a/b c","name":"New","description":""}`)
	wantReply(t, "bulk", c.do("PATCH", accountsPath, `[{"id":"a/b c","description":"d","isActive":false}]`), 200,
		`[{"id":"a/b c","name":"New","description":"d"}]`)
	want(t, "inactive", m.Accounts()[0].Inactive, true)
	wantReply(t, "unknown", c.do("PATCH", accountsPath+"/9", `{"name":"x"}`), 404, `{"statusCode":404,"message":"No account found with id: 9"}`)
	want(t, "unknown in bulk", c.do("PATCH", accountsPath, `[{"id":"a/b c","name":"x"},{"id":"9"}]`).status, 404)
	want(t, "bulk is atomic", m.Accounts()[0].Name, "New")
}

func TestPatchAccount_WithAnotherIDMovesItThere(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	id := c.mapped(m)
	c.count(id, "175", "3")
	c.account("9", "Other")
	wantReply(t, "taken", c.do("PATCH", accountsPath+"/175", `{"id":"9"}`), 409, exists)
	want(t, "moved", c.do("PATCH", accountsPath+"/175", `{"id":"176"}`).status, 200)
	want(t, "its count", m.Counts()[synthesizetest.Pair{AccountID: "176", Service: "Managed Servers"}], "3")
	want(t, "the old one", len(m.Counts()), 1)
	want(t, "still mapped", c.count(id, "176", "4").status, 201)
	want(t, "old id", c.count(id, "175", "4").status, 404)
}

func TestAutoMap_WantsTheExactName(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	c.service(m, "Managed Servers")
	c.service(m, "Network")
	c.account("1", "Acme")
	c.account("2", "Acme ")
	c.account("3", "ACME")
	accounts, services := m.AutoMap([]string{"Acme", "Nobody"}, []string{"Managed Servers"})
	want(t, "accounts mapped", accounts, 1)
	want(t, "services mapped", services, 1)
	want(t, "the exact one", m.Accounts()[0].Mapped, true)
	accounts, services = m.AutoMap([]string{"Acme"}, []string{"Managed Servers"})
	want(t, "mapped again", accounts+services, 0)
}

func TestMapping_OfWhatIsNotThereIsAnErrorAndChangesNothing(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	c.account("1", "A")
	c.service(m, "S")
	for what, err := range map[string]error{
		"map": m.MapAccount("1", "2"), "unmap": m.UnmapAccount("2"), "rename": m.RenameAccount("2", "x"),
		"map service": m.MapService("S", "T"), "unmap service": m.UnmapService("T"), "rename service": m.RenameService("T", "x"),
		"delete service": m.DeleteService("T"),
	} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	want(t, "account", m.Accounts()[0].Mapped, false)
	want(t, "service", m.Services()[0].Mapped, false)
}

func TestMapOnCreate_NeedsNobody(t *testing.T) {
	m, c := start(t, synthesizetest.Options{Switches: synthesizetest.Switches{MapOnCreate: true}})
	id := c.service(m, "S")
	c.account("1", "A")
	want(t, "count", c.count(id, "1", "1").status, 201)
}
