package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/synthsync/synthsync/cmd/synthsync/stack"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/file"
)

// deployed names a stack, for commands that work on one.
type deployed struct {
	Region  string `placeholder:"REGION" help:"The region of the stack; default: as AWS_REGION or the profile says."`
	Profile string `placeholder:"NAME" help:"The AWS profile; default: as AWS_PROFILE says."`
}

// place is where a command works: on one machine, or on a deployed stack.
type place struct {
	Ledger string `xor:"place" required:"" placeholder:"FILE" help:"This machine: what Synthesize has been told; made by the first run."`
	Stack  string `xor:"place" required:"" placeholder:"NAME" help:"A stack that is deployed at AWS, instead of this machine."`
	deployed
}

// stackPatience is how long a stack may be silent: its messages wait for each other, and come again after minutes.
const (
	machinePatience = 15 * time.Second
	stackPatience   = 3 * time.Minute
)

// open finds the stack. What a person has to set right ends the command as a wrong setting does.
func (d deployed) open(ctx context.Context, name string) (*stack.Stack, error) {
	s, err := stack.Open(ctx, stack.Where{Name: name, Region: d.Region, Profile: d.Profile})
	return s, wrong(err)
}

// wrong is the exit for what is set up wrong.
func wrong(err error) error {
	var setup *stack.Error
	if errors.As(err, &setup) {
		return &exitError{exitSettings, err}
	}
	return err
}

// refuseOnStack refuses flags that only make sense on this machine: the stack has settings of its own.
func (c common) refuseOnStack() error {
	switch {
	case c.EnvFile != "":
		return &exitError{exitSettings, errors.New("--env-file: a stack has its credentials in Secrets Manager; leave the flag out")}
	case c.Services != "":
		return &exitError{exitSettings, errors.New("--services: a stack has its rules in its parameter Services; leave the flag out")}
	}
	return nil
}

// String is the place as it is typed.
func (p place) String() string {
	if p.Stack == "" {
		return "--ledger " + quoted(p.Ledger)
	}
	text := "--stack " + p.Stack
	if p.Region != "" {
		text += " --region " + p.Region
	}
	if p.Profile != "" {
		text += " --profile " + quoted(p.Profile)
	}
	return text
}

// typed is the place with the settings that were given, for a command that needs them too.
func (c common) typed(p place) string {
	if c.EnvFile == "" {
		return p.String()
	}
	return "--env-file " + quoted(c.EnvFile) + " " + p.String()
}

// quoted is an argument as a person can paste it: in quotes if a shell would take it for several, or for something else.
func quoted(arg string) string {
	switch {
	case arg != "" && !strings.ContainsAny(arg, " \t'\"$`&;()<>|*?[]#!{}"):
		return arg
	case !strings.ContainsAny(arg, "\"$`!"):
		return `"` + arg + `"` // which Windows knows too
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// notForUs is the exit for a ledger that this program must not touch: a newer one's, or one that is half imported.
func notForUs(err error) error {
	var newer *ledger.FormatError
	var half *ledger.ImportingError
	if errors.As(err, &newer) || errors.As(err, &half) {
		return &exitError{exitSettings, err}
	}
	return err
}

// book opens the ledger of the place. done gives it back.
func (p place) book(ctx context.Context, process *process, readOnly bool) (book *ledger.Ledger, done func(), err error) {
	if p.Stack != "" {
		s, err := p.open(ctx, p.Stack)
		if err != nil {
			return nil, nil, err
		}
		book, done = s.Ledger(process.now), func() {}
	} else {
		store, err := openLedger(p.Ledger, file.Options{ReadOnly: readOnly})
		if err != nil {
			return nil, nil, err
		}
		book, done = ledger.New(store, process.now), func() { _ = store.Close() } // read only, or all is written
	}
	if err := book.Check(ctx); err != nil {
		done()
		if p.Stack == "" {
			return nil, nil, &exitError{exitSettings, err}
		}
		return nil, nil, notForUs(err)
	}
	return book, done, nil
}
