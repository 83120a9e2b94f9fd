package functions_test

import (
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/lambdatest"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

func TestCloud_MissingSettingsAreAllNamedAtStart(t *testing.T) {
	t.Parallel()
	f := lambdatest.Start(t, lambdatest.Build(t, "./fetch-configurations"), map[string]string{"AWS_REGION": "x", "MAX_DROP_PERCENT": "-1", "REFRESH_AFTER": "soon"})
	if f.InitError() == nil {
		t.Fatal("it started without settings")
	}
	for _, name := range []string{"LEDGER_TABLE", "AUTOTASK_SECRET_ARN", "ACCOUNTS_QUEUE_URL", "USAGE_QUEUE_URL", "MAX_DROP_PERCENT", "REFRESH_AFTER"} {
		if !strings.Contains(f.Log(), name) {
			t.Errorf("%s is not named in: %s", name, f.Log())
		}
	}
}

func TestCloud_WrongAutotaskSecretCostsOneRequestAndNoneInARetry(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.secrets("wrong", synthesizetest.DefaultPartnerKey, "v2")
	event := lambdatest.SchedulerEvent("the-same-execution", time.Now())
	for range 3 { // Lambda tries an asynchronous invocation twice more
		if r := s.invoke(event); r.Error == nil || !strings.Contains(r.Error.Message, "refused") {
			t.Fatalf("got %v", r.Error)
		}
	}
	if got := s.tenant.Count(nil); got > 2 {
		t.Errorf("%d authenticated requests with a wrong secret, want at most 2", got)
	}
	s.secrets(autotasktest.DefaultCredentials.Secret, synthesizetest.DefaultPartnerKey, "v3")
	starts := s.fetch.Starts()
	if r := s.run(); r.State != "done" {
		t.Errorf("after the secret was corrected: %+v", r)
	}
	if s.fetch.Starts() != starts {
		t.Error("the process had to be started anew")
	}
}

func TestCloud_WrongSynthesizeSecretCostsTwoRequestsInAllStages(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.run()
	s.sim.MapAll()
	s.sim.RotatePartnerKey("a-new-partner-key")
	s.sim.ResetLog()
	s.runs++
	s.invoke(lambdatest.SchedulerEvent("refused", time.Now()))
	for range 3 {
		s.deliver()
	}
	if got := s.sim.Total(); got > 2 {
		t.Errorf("%d requests with a wrong key, want at most 2", got)
	}
	s.secrets(autotasktest.DefaultCredentials.Secret, "a-new-partner-key", "v2")
	s.run()
	s.run()
	s.truth()
	s.noSecrets()
}

func TestCloud_RotatedSecretIsPickedUpByTheWarmProcess(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.run()
	s.sim.MapAll()
	c := autotasktest.DefaultCredentials
	c.Secret = "rotated"
	s.tenant.SetCredentials(c)
	s.sim.RotatePartnerKey("rotated-partner")
	s.secrets("rotated", "rotated-partner", "v2")
	starts := s.fetch.Starts() + s.account.Starts() + s.usage.Starts()
	s.run()
	s.truth()
	if s.fetch.Starts()+s.account.Starts()+s.usage.Starts() != starts {
		t.Error("a process had to be started anew")
	}
}
