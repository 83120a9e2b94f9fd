package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/synthsync/synthsync/cmd/synthsync/letters"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/file"
)

type ledgerCommand struct {
	Export ledgerExportCommand `cmd:"" help:"Write the whole ledger to a file, to keep it or to move it."`
	Import ledgerImportCommand `cmd:"" help:"Put an exported ledger in the place of this one. The next run tells every count again."`
}

type ledgerExportCommand struct {
	File string `arg:"" help:"The file to write; - for stdout. One that is there is not overwritten."`
	place
}

type ledgerImportCommand struct {
	File string `arg:"" help:"The file that ledger export has written; - for stdin."`
	place
	because
	Replace bool `help:"Replace what the ledger holds already."`
	Yes     bool `help:"Do not ask."`
}

// Run exports.
func (c *ledgerExportCommand) Run(ctx context.Context, p *process) error {
	book, done, err := c.place.book(ctx, p, true)
	if err != nil {
		return err
	}
	defer done()
	if c.File == "-" {
		_, err := book.Export(ctx, p.stdout, c.place.String(), version)
		return moveError(err)
	}
	n, err := writeWhole(c.File, func(w io.Writer) (int, error) { return book.Export(ctx, w, c.place.String(), version) })
	if err != nil {
		return moveError(err)
	}
	fmt.Fprintf(p.stdout, "%d documents of the ledger are in %s.\nIf it moves elsewhere, let this place tell nobody from now on: synthsync mode observe %s --reason TEXT\n", n, c.File, c.place)
	return nil
}

// writeWhole writes a file that is there as a whole or not at all, and that only its owner can read: it names clients.
func writeWhole(path string, write func(io.Writer) (int, error)) (n int, err error) {
	if _, err := os.Lstat(path); err == nil {
		return 0, &exitError{exitSettings, fmt.Errorf("%s is there already; give another name", path)}
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".part-*")
	if err != nil {
		return 0, &exitError{exitSettings, err}
	}
	defer os.Remove(f.Name()) // gone by then, if all went well
	n, err = write(f)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return 0, err
	}
	return n, os.Rename(f.Name(), path)
}

// Run imports.
func (c *ledgerImportCommand) Run(ctx context.Context, p *process) error {
	if strings.TrimSpace(c.Reason) == "" {
		return &exitError{exitSettings, errors.New("--reason: say why; it is recorded with your name")}
	}
	transfer, err := c.read(p)
	if err != nil {
		return &exitError{exitSettings, fmt.Errorf("%s: %w", c.File, err)}
	}
	book, act, idle, done, err := c.target(ctx, p)
	if err != nil {
		return err
	}
	defer done()
	if err := idle(ctx); err != nil {
		return err
	}
	fmt.Fprintf(p.stderr, "%s: the ledger of %s, exported %s by version %s.\n", c.File, clean(transfer.From), transfer.At.UTC().Format("2006-01-02 15:04 MST"), clean(transfer.Program))
	if c.Replace {
		if err := p.ask(c.Yes, "Replace what the ledger of "+c.place.String()+" holds?"); err != nil {
			return err
		}
		if err := idle(ctx); err != nil { // who answers may take his time
			return err
		}
	}
	out, err := book.Import(ctx, transfer, c.Replace, act)
	if err != nil {
		return moveError(err)
	}
	fmt.Fprintf(p.stdout, "%d documents are imported, %d that stood here are removed. The next run tells every count of %d accounts again: synthsync run %s\n", out.Documents, out.Removed, out.Accounts, c.place)
	for _, r := range out.Released {
		fmt.Fprintf(p.stdout, "Company %s (%s) was released in the other place by %s, and is so here now; take it back with: synthsync release %s --undo %s\n", r.AccountID, clean(r.Account), clean(r.Word.String()), r.AccountID, c.place)
	}
	if out.HoldCame {
		fmt.Fprintf(p.stdout, "Posting was on hold in the other place, and is so here now; it goes on with: synthsync resume %s\n", c.place)
	}
	if out.ApprovalLeft != "" {
		fmt.Fprintf(p.stdout, "The approval of run %s is left behind, as it may have served by now; what the next run holds is approved with: synthsync approve RUN %s --reason TEXT\n", out.ApprovalLeft, c.place)
	}
	if out.ModeLeft {
		fmt.Fprintf(p.stdout, "The mode that somebody had set in the other place is left behind; here holds: synthsync mode %s\n", c.place)
	}
	return nil
}

func (c *ledgerImportCommand) read(p *process) (*ledger.Transfer, error) {
	if c.File == "-" {
		if p.stdin == nil {
			return nil, errors.New("nothing comes on stdin")
		}
		return ledger.ReadTransfer(p.stdin)
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ledger.ReadTransfer(f)
}

// target opens the ledger to import into. One whose import was cut short is no fault here: it is repeated. idle is an error
// while messages are on their way.
func (c *ledgerImportCommand) target(ctx context.Context, p *process) (book *ledger.Ledger, act ledger.Act, idle func(context.Context) error, done func(), err error) {
	act = ledger.Act{Actor: p.who(), Reason: c.Reason, Target: c.place.String(), Version: version}
	if c.Stack == "" {
		store, err := openLedger(c.Ledger, file.Options{})
		if err != nil {
			return nil, act, nil, nil, err
		}
		idle = func(context.Context) error { return nil }                             // the file is ours alone
		return ledger.New(store, p.now), act, idle, func() { _ = store.Close() }, nil // all is written
	}
	s, err := c.open(ctx, c.Stack)
	if err != nil {
		return nil, act, nil, nil, err
	}
	if act.Actor, err = s.Caller(ctx); err != nil {
		return nil, act, nil, nil, wrong(err)
	}
	desk := letters.Desk{Boxes: s.Boxes(), Now: p.now}
	return s.Ledger(p.now), act, func(ctx context.Context) error { return c.idle(ctx, desk) }, func() {}, nil
}

// idle tells whether no message of a stack is on its way, as far as SQS says it.
func (c *ledgerImportCommand) idle(ctx context.Context, desk letters.Desk) error {
	depths, err := desk.Depths(ctx)
	if err != nil {
		return err
	}
	for _, d := range depths {
		if d.Waiting > 0 {
			return &exitError{exitUndelivered, fmt.Errorf("%d messages of the stack's queue %s are on their way, and would be worked with a ledger that changes under them; import when they have ended (synthsync check %s shows them)", d.Waiting, d.Queue, c.place)}
		}
	}
	return nil
}

// moveError tells what a person has to set right from what may heal by itself.
func moveError(err error) error {
	var full *ledger.NotEmptyError
	var large *ledger.NoRoomError
	var tenant *ledger.TenantError
	var newer *ledger.FormatError
	var busy *ledger.BusyError
	switch {
	case errors.As(err, &full), errors.As(err, &tenant), errors.As(err, &newer), errors.As(err, &large):
		return &exitError{exitSettings, err}
	case errors.As(err, &busy):
		return &exitError{exitUndelivered, err}
	}
	return err
}
