package main

import (
	"testing"

	"github.com/synthsync/synthsync/functions/sync-accounts/accounts"
	"github.com/synthsync/synthsync/shared/wiring"
)

// The promise of docs/wrong-bill.md: no service is made twice as long as workers' clocks agree within a request's time-out.
func TestMakingLives_BearClocksThatDifferByARequestsTimeOut(t *testing.T) {
	if least := accounts.Lives(wiring.AttemptTimeout, wiring.AttemptTimeout); makingLives < least {
		t.Errorf("claims live %s, and have to live %s", makingLives, least)
	}
}
