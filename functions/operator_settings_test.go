package functions_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// What a person has to set right ends a command with 2, as on one machine.
func TestOperator_OnAStack_AnotherTenantsSecrets_ExitsWith2(t *testing.T) {
	t.Parallel()
	s := deploy(t, map[string]string{"MODE": "observe"})
	s.run()
	s.mustType("mode post --stack prod", 2, "nobody has answered") // it has looked, which binds the ledger
	s.sim.RemakeIntegration(synthesizetest.Remaking{NewOrganizationID: true})
	s.secrets(autotasktest.DefaultCredentials.Secret, synthesizetest.DefaultPartnerKey, "v2")
	s.mustType("mode post --stack prod --yes", 2, "this ledger belongs to the Synthesize tenant")
	s.mustType("mode --stack prod", 0, "what the setting MODE says")

	s.mustType("check --stack prod", 0)
	s.tenant.SetCompany(autotasktest.Company{ID: 0, Name: "Another MSP"})
	s.tenant.MoveZone("zone7", 999)
	s.mustType("check --stack prod", 2, "this ledger belongs to the Autotask tenant")
}

func TestOperator_OnAStack_CheckOfSettingsThatStopEveryRun_ExitsWith2(t *testing.T) {
	t.Parallel()
	s := deploy(t, map[string]string{"COMPANY_TYPES": "Custmer", "SERVICES": "s3://rules/services.yaml"})
	s.mustType("check --stack prod", 2, "s3://rules/services.yaml", "NoSuchKey")
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, []byte("- service: Devices\n  types: [Desktop, Server]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.mustType("rules put "+file+" s3://rules/services.yaml", 0)
	s.mustType("check --stack prod", 2, "COMPANY_TYPES", "Custmer")
}
