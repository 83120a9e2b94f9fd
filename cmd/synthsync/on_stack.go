package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/synthsync/synthsync/cmd/synthsync/local"
	"github.com/synthsync/synthsync/cmd/synthsync/stack"
	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
)

// onStack has the stack run, and waits until its counts are delivered.
func (c *runCommand) onStack(ctx context.Context, p *process) error {
	if err := c.refuseOnStack(); err != nil {
		return err
	}
	if c.AcceptTenant {
		return &exitError{exitSettings, errors.New("--accept-tenant: only for a ledger on this machine; for a stack that moves to another tenant, deploy a new one with a ledger of its own")}
	}
	s, err := c.open(ctx, c.Stack)
	if err != nil {
		return err
	}
	progress := newProgress(p.stderr)
	defer progress.close()
	actor, err := s.Caller(ctx)
	if err != nil {
		return wrong(err)
	}
	result, err := s.Invoke(ctx, fetch.Event{Force: c.Force, Full: c.Full, Actor: actor, Reason: c.Reason})
	sayNotTold(p, result.Notified)
	if err == nil && result.State == fetch.StateDone && result.Mode == fetch.ModePost {
		err = c.follow(ctx, p, s, &result, progress)
	}
	progress.close()
	if result.RunID == "" {
		if settings := settingsFault(err); settings != nil {
			return settings
		}
		return err // there is nothing to show
	}
	return c.show(p, result, err)
}

func (c *runCommand) follow(ctx context.Context, p *process, s *stack.Stack, result *fetch.Result, progress *progress) error {
	book := s.Ledger(p.now)
	d, err := stack.Follow(ctx, book, result, c.patienceOnStack(), p.now, progress)
	if err != nil {
		return fmt.Errorf("follow run %s (it goes on by itself; see it with: synthsync report %s): %w", result.RunID, c.place, err)
	}
	var reasons []string
	if d.Open > 0 {
		reasons = append(reasons, fmt.Sprintf("%d counts are not delivered yet; the queues try them again, and what dies shows in: synthsync dead-letters list %s", d.Open, c.place))
	}
	if d.Untold > 0 {
		hand, err := book.Hand(ctx)
		if err != nil {
			return err
		}
		why := cmp.Or(hand.Silent(s.Mode()), "nobody was to be told then")
		reasons = append(reasons, fmt.Sprintf("%d counts ended untold: %s; nothing tries them again, the next run that tells tells them", d.Untold, why))
	}
	if result.Usage.Lost > 0 {
		reasons = append(reasons, local.LostMappings(result.Usage.Lost).Error())
	}
	if len(reasons) == 0 {
		return nil
	}
	result.State, result.Reason = fetch.StateFailed, strings.Join(reasons, "; ")
	return errors.New(result.Reason)
}

func (c common) patienceOnStack() time.Duration {
	if c.Patience > 0 {
		return c.Patience
	}
	return stackPatience
}

// onStack has the stack plan.
func (c *planCommand) onStack(ctx context.Context, p *process) error {
	if err := c.refuseOnStack(); err != nil {
		return err
	}
	s, err := c.open(ctx, c.Stack)
	if err != nil {
		return err
	}
	result, err := s.Invoke(ctx, fetch.Event{DryRun: true, Force: c.Force, Full: c.Full})
	if result.RunID == "" {
		if settings := settingsFault(err); settings != nil {
			return settings
		}
		return err
	}
	return c.show(p, result, err)
}
