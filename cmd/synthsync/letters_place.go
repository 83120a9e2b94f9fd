package main

import (
	"context"
	"errors"

	"github.com/synthsync/synthsync/cmd/synthsync/stack"
)

// queueURLs name a stack's queues where the stack itself may not be looked at.
type queueURLs struct {
	UsageQueue          string `placeholder:"URL" help:"With --ledger-table: the usage queue."`
	UsageDeadLetters    string `placeholder:"URL" help:"With --ledger-table: its dead-letter queue."`
	AccountsQueue       string `placeholder:"URL" help:"With --ledger-table: the accounts queue."`
	AccountsDeadLetters string `placeholder:"URL" help:"With --ledger-table: its dead-letter queue."`
}

// lettersPlace is where dead letters lie.
type lettersPlace struct {
	Ledger      string `xor:"place" required:"" placeholder:"FILE" help:"This machine's ledger."`
	Stack       string `xor:"place" required:"" placeholder:"NAME" help:"A stack that is deployed at AWS."`
	LedgerTable string `xor:"place" required:"" placeholder:"TABLE" help:"A stack by its parts: the ledger's table, and queues by their URLs."`
	queueURLs
	deployed
}

func (p lettersPlace) place() place {
	return place{Ledger: p.Ledger, Stack: p.Stack, deployed: p.deployed}
}

// String is the place as it is typed.
func (p lettersPlace) String() string {
	if p.LedgerTable == "" {
		return p.place().String()
	}
	text := "--ledger-table " + p.LedgerTable
	for _, f := range []struct{ name, value string }{
		{"--usage-queue", p.UsageQueue}, {"--usage-dead-letters", p.UsageDeadLetters}, {"--accounts-queue", p.AccountsQueue},
		{"--accounts-dead-letters", p.AccountsDeadLetters}, {"--region", p.Region}, {"--profile", p.Profile},
	} {
		if f.value != "" {
			text += " " + f.name + " " + f.value
		}
	}
	return text
}

// atAWS finds the stack, by its name or its parts; nil for a ledger on this machine.
func (p lettersPlace) atAWS(ctx context.Context) (*stack.Stack, error) {
	switch {
	case p.Ledger != "":
		return nil, nil
	case p.Stack != "":
		return p.open(ctx, p.Stack)
	}
	if (p.UsageQueue == "") != (p.UsageDeadLetters == "") || (p.AccountsQueue == "") != (p.AccountsDeadLetters == "") || p.UsageQueue+p.AccountsQueue == "" {
		return nil, &exitError{exitSettings, errors.New("--ledger-table: give the queues with it, each with its dead letters: --usage-queue and --usage-dead-letters, --accounts-queue and --accounts-dead-letters, or both pairs")}
	}
	s, err := stack.OfParts(ctx, stack.Where{Region: p.Region, Profile: p.Profile}, map[string]string{
		"LedgerTableName": p.LedgerTable, "UsageQueueUrl": p.UsageQueue, "UsageDeadLettersUrl": p.UsageDeadLetters,
		"AccountsQueueUrl": p.AccountsQueue, "AccountsDeadLettersUrl": p.AccountsDeadLetters,
	})
	return s, wrong(err)
}
