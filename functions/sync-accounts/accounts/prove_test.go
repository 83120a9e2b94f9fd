package accounts_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// looked is a desk whose run has looked at Synthesize with keys "v1", where account 1 stands. The secret holds "v2" since.
func looked(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t)
	if failures := d.handle(d.services(observed, "Servers"), d.account(observed, "1", "A")); len(failures) != 0 {
		t.Fatalf("%+v", failures)
	}
	d.version = "v2"
	return d
}

// works has a new account made and another renamed, as the same run meant it.
func (d *desk) works() []queue.Failure {
	return d.handle(d.account(observed, "1", "Renamed"), d.account(observed, "2", "B"))
}

func (d *desk) questions() int { return d.asked("GET", "/organization") }

func TestProve_KeysOfTheLastLook_AreNotAskedAbout(t *testing.T) {
	d := looked(t)
	d.version = "v1"
	d.sim.ResetLog()
	if failures := d.works(); len(failures) != 0 || d.questions() != 0 || len(d.sim.Accounts()) != 2 {
		t.Errorf("%+v, asked %d times", failures, d.questions())
	}
}

func TestProve_OtherKeysOfTheSameTenant_AreAskedAboutOnce(t *testing.T) {
	d := looked(t)
	d.sim.ResetLog()
	failures := d.works()
	if len(failures) != 0 || d.questions() != 1 || len(d.sim.Accounts()) != 2 || d.known().Proven != "v2" {
		t.Errorf("%+v, asked %d times, proven %q", failures, d.questions(), d.known().Proven)
	}
}

func TestProve_KeysOfAnotherOrganization_NothingIsMadeOrRenamed(t *testing.T) {
	d := looked(t)
	d.sim.RemakeIntegration(synthesizetest.Remaking{NewOrganizationID: true})
	d.sim.ResetLog()
	failures := d.works()
	if len(failures) != 2 || d.sim.Writes() != 0 || d.known().Proven != "v1" {
		t.Fatalf("%+v, %d requests that write", failures, d.sim.Writes())
	}
	for _, f := range failures {
		var other *ledger.TenantError
		if !errors.As(f.Err, &other) || f.RetryAfter < time.Minute || f.Dead {
			t.Errorf("%+v, want one that rests and says whose ledger it is", f)
		}
	}
	if a, err := d.book.Account(context.Background(), "2"); err != nil || a.Making != nil {
		t.Errorf("the ledger says that it is being made: %+v %v", a, err)
	}
}

func TestProve_KeysThatAreRefused_AreNotedForTheRun(t *testing.T) {
	d := looked(t)
	d.key = "wrong"
	failures := d.works()
	asked := d.sim.Total()
	if len(failures) != 2 || failures[0].RetryAfter < time.Minute || failures[0].Dead {
		t.Errorf("%+v", failures)
	}
	if d.works(); d.sim.Total() != asked {
		t.Errorf("asked %d times more", d.sim.Total()-asked)
	}
}

func TestProve_NoAnswer_MakesNothingYet(t *testing.T) {
	d := looked(t)
	d.patience = briefly
	d.sim.Inject(synthesizetest.Fault{Match: on("GET", "/organization"), Kind: synthesizetest.ServerError, Times: -1})
	d.sim.ResetLog()
	if failures := d.works(); len(failures) != 2 || failures[0].Dead || d.sim.Writes() != 0 {
		t.Errorf("%+v, %d requests that write", failures, d.sim.Writes())
	}
}

// Another process has looked with newer keys than this one has read.
func TestProve_StaleCopyOfTheKeys_IsReadAfreshAndNotAskedAbout(t *testing.T) {
	d := looked(t)
	d.version = "v1"
	stage, copied := d.stage(), "v0"
	stage.SecretVersion = func(_ context.Context, fresh bool) (string, error) {
		if fresh {
			copied = d.version
		}
		return copied, nil
	}
	d.sim.ResetLog()
	failures := stage.Handle(context.Background(), []queue.Received{d.account(observed, "2", "B")})
	if len(failures) != 0 || d.questions() != 0 || copied != "v1" {
		t.Errorf("%+v, asked %d times, with keys %s", failures, d.questions(), copied)
	}
}

// The process's copy holds the proven keys. Another function was refused with them, and somebody has put others into the secret.
func TestProve_KeysOfAnotherOrganizationInPlaceOfRefusedOnes_NothingIsMadeOrRenamed(t *testing.T) {
	d := looked(t)
	d.sim.RemakeIntegration(synthesizetest.Remaking{NewOrganizationID: true})
	d.must(d.book.NoteRefusal(context.Background(), ledger.Refusal{Vendor: ledger.Synthesize, RunID: "run", ObservedAt: observed, SecretVersion: "v1"}))
	stage, copied := d.stage(), "v1"
	stage.SecretVersion = func(_ context.Context, fresh bool) (string, error) {
		if fresh {
			copied = d.version
		}
		return copied, nil
	}
	d.sim.ResetLog()
	failures := stage.Handle(context.Background(), []queue.Received{d.account(observed, "1", "Renamed"), d.account(observed, "2", "B")})
	if len(failures) != 2 || d.sim.Writes() != 0 || d.known().Proven != "v1" {
		t.Fatalf("%+v, %d requests that write, proven %q", failures, d.sim.Writes(), d.known().Proven)
	}
	for _, f := range failures {
		var other *ledger.TenantError
		if !errors.As(f.Err, &other) || f.RetryAfter < time.Minute || f.Dead {
			t.Errorf("%+v, want one that rests and says whose ledger it is", f)
		}
	}
}

// The client has taken the foreign keys, and by now the secret holds others, which another function has proven.
func TestProve_ForeignKeysInUse_NothingIsMadeThoughTheSecretIsCorrected(t *testing.T) {
	d := looked(t)
	d.sim.RemakeIntegration(synthesizetest.Remaking{NewOrganizationID: true})
	stage := d.stage()
	stage.SecretVersion = func(_ context.Context, fresh bool) (string, error) {
		if fresh {
			return "v1", nil
		}
		return "v2", nil
	}
	d.sim.ResetLog()
	failures := stage.Handle(context.Background(), []queue.Received{d.account(observed, "1", "Renamed"), d.account(observed, "2", "B")})
	if len(failures) != 2 || d.sim.Writes() != 0 {
		t.Fatalf("%+v, %d requests that write", failures, d.sim.Writes())
	}
}

// Another worker was making the account and is dead. One of that id stands at the other organization: it is not ours.
func TestProve_KeysOfAnotherOrganization_ItsAccountsAreNotTakenForOurs(t *testing.T) {
	d := looked(t)
	d.sim.RemakeIntegration(synthesizetest.Remaking{NewOrganizationID: true})
	d.must(d.sim.SeedEarlier(synthesizetest.Earlier{Accounts: []synthesizetest.Account{{ID: "2", Name: "Theirs"}}}))
	d.must(d.book.NoteAccount(context.Background(), "2", func(a *ledger.Account) {
		a.Making = &ledger.Making{Token: "dead", Since: d.now.Add(-time.Hour)}
	}))
	failures := d.handle(d.account(observed, "2", "B"))
	var other *ledger.TenantError
	if len(failures) != 1 || !errors.As(failures[0].Err, &other) {
		t.Errorf("%+v", failures)
	}
	if a, err := d.book.Account(context.Background(), "2"); err != nil || a.Exists {
		t.Errorf("the ledger says that it stands: %+v %v", a, err)
	}
}

// A process has a copy of the secret from before; what stands there since was proven, and then refused to this very run.
func TestProve_AnOldCopyOfTheSecret_WhatStandsThereWasRefusedToThisRun_IsNotAskedWith(t *testing.T) {
	d := looked(t)
	d.must(d.book.NoteRefusal(context.Background(), ledger.Refusal{Vendor: ledger.Synthesize, RunID: "run", ObservedAt: observed, SecretVersion: "v1", Text: "401"}))
	d.sim.ResetLog()
	stage := d.stage()
	read := "v0"
	stage.SecretVersion = func(_ context.Context, fresh bool) (string, error) {
		if fresh {
			read = "v1"
		}
		return read, nil
	}
	failures := stage.Handle(context.Background(), []queue.Received{d.account(observed, "2", "B")})
	if len(failures) != 1 || failures[0].RetryAfter == 0 || d.sim.Total() != 0 {
		t.Errorf("%+v, %d requests", failures, d.sim.Total())
	}
}
