package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"

	"github.com/synthsync/synthsync/cmd/synthsync/stack"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/file"
)

// osActor is the person at this machine: the OS user and the host.
func osActor() string {
	name, host := "unknown", "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return name + "@" + host
}

func (p *process) who() string {
	if p.actor == nil {
		return "unknown"
	}
	return p.actor()
}

// because is why a person decides something; it is recorded with his name.
type because struct {
	Reason string `required:"" placeholder:"TEXT" help:"Why, in your words; recorded with your name."`
}

// decision is a ledger opened for a person's decision.
type decision struct {
	book  *ledger.Ledger
	stack *stack.Stack // nil on one machine
	store *file.Store  // nil on a stack
	act   ledger.Act
	done  func()
}

// decide opens the place for a decision. fresh allows a ledger on this machine that is not there yet.
func (p place) decide(ctx context.Context, process *process, reason string, fresh bool) (*decision, error) {
	if strings.TrimSpace(reason) == "" {
		return nil, &exitError{exitSettings, errors.New("--reason: say why; it is recorded with your name")}
	}
	d := &decision{act: ledger.Act{Actor: process.who(), Reason: reason, Version: version}, done: func() {}}
	if p.Stack != "" {
		s, err := p.open(ctx, p.Stack)
		if err != nil {
			return nil, err
		}
		d.stack, d.book = s, s.Ledger(process.now)
		if d.act.Actor, err = s.Caller(ctx); err != nil {
			return nil, wrong(err)
		}
	} else {
		if _, err := os.Stat(p.Ledger); err != nil && !fresh {
			return nil, &exitError{exitSettings, fmt.Errorf("--ledger: there is no ledger yet: %w", err)}
		}
		store, err := openLedger(p.Ledger, file.Options{})
		if err != nil {
			return nil, err
		}
		d.store, d.book, d.done = store, ledger.New(store, process.now), func() { _ = store.Close() } // all is written
	}
	if err := d.book.Check(ctx); err != nil {
		d.done()
		return nil, &exitError{exitSettings, err}
	}
	return d, nil
}

// ask asks a person, unless yes was given. Where nobody can answer, the answer is no.
func (p *process) ask(yes bool, question string) error {
	if yes {
		return nil
	}
	fmt.Fprintf(p.stderr, "%s [y/N] ", question)
	answer, err := "", io.EOF
	if p.stdin != nil {
		answer, err = bufio.NewReader(p.stdin).ReadString('\n')
	}
	if a := strings.ToLower(strings.TrimSpace(answer)); a == "y" || a == "yes" {
		return nil
	}
	if err != nil {
		fmt.Fprintln(p.stderr)
		return &exitError{exitSettings, errors.New("nothing was changed: nobody has answered; give --yes where nobody can")}
	}
	return &exitError{exitSettings, errors.New("nothing was changed")}
}
