package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOperator_MisspeltSettingInAnEnvFile_IsAFaultOfTheSettings(t *testing.T) {
	o := newOperator(t)
	path := filepath.Join(t.TempDir(), ".env")
	text := "MAX_DROP_PERCNT=5\nmode=observe\nMAX_RISE_PERCENT=50\nMODEL=1\nSERVICE=12\nSOMETHING_ELSE=yes\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o.mustDo("run --ledger LEDGER --env-file "+path, 2)
	o.said("MAX_DROP_PERCNT is no setting of this program: did you mean MAX_DROP_PERCENT?", "mode is no setting of this program: did you mean MODE?")
	for _, other := range []string{"MODEL", "SERVICE is", "SOMETHING_ELSE", "MAX_RISE_PERCENT"} {
		if said := o.stderr.String(); strings.Contains(said, other) {
			t.Errorf("it says something of %s: %s", other, said)
		}
	}
	o.nobodyCalled()
}
