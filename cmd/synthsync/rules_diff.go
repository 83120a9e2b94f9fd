package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger/file"
)

type rulesDiffCommand struct {
	File string `arg:"" help:"The rules to try, YAML or JSON."`
	common
	place
}

// Run reads the tenant once, and counts it by both rules.
func (c *rulesDiffCommand) Run(ctx context.Context, p *process) error {
	text, rules, err := readRules(c.File)
	if err != nil {
		return err
	}
	if c.Stack != "" {
		if err := c.refuseOnStack(); err != nil {
			return err
		}
		s, err := c.open(ctx, c.Stack)
		if err != nil {
			return err
		}
		result, err := s.Invoke(ctx, fetch.Event{DryRun: true, Rules: string(text)})
		return c.show(p, result, err)
	}
	m, err := c.here(p, c.Ledger, file.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer m.close()
	result, err := m.Diff(ctx, rules)
	m.progress.close()
	return c.show(p, result, err)
}

func (c *rulesDiffCommand) show(p *process, result fetch.Result, err error) error {
	if settings := settingsFault(err); settings != nil {
		return settings
	}
	switch {
	case err != nil && result.RulesDiff == nil:
		return &exitError{exitUndelivered, err}
	case result.RulesDiff == nil:
		return &exitError{exitUndelivered, errors.New("the stack's function does not know how to try rules; deploy the version of this program")}
	case c.JSON:
		if err := writeJSON(p.stdout, result); err != nil {
			return err
		}
	default:
		renderRulesDiff(p.stdout, *result.RulesDiff)
		if result.State == fetch.StateHeld {
			fmt.Fprintf(p.stdout, "With these rules a run would be held: %s\n", clean(result.Reason))
		}
		renderAttentionOf(p.stdout, result.Attention, fetch.KindRules, fetch.KindUncovered)
	}
	if err != nil {
		return &exitError{exitUndelivered, err}
	}
	if result.State == fetch.StateHeld {
		return &exitError{exitHeld, errors.New("with these rules a run would be held")}
	}
	return nil
}

func renderRulesDiff(w io.Writer, d fetch.RulesDiff) {
	if d.Unusable != "" {
		fmt.Fprintf(w, "The rules in force fit the tenant no more, so the new ones are compared with what was told: %s\n", clean(d.Unusable))
	}
	units := func(n *int64) string {
		if n == nil {
			return "-"
		}
		return fmt.Sprint(*n)
	}
	t := newTable(w, "Service", "In force", "New", "What", "Counts")
	for _, s := range d.Services {
		what, counts := s.What, s.Counts
		if s.Formerly != "" {
			what += ", was " + s.Formerly
		}
		if s.Counted != s.Counts && s.Counted != "" && s.Counts != "" {
			counts += " (until now: " + s.Counted + ")"
		}
		t.AppendRow([]any{clean(s.Service), units(s.Was), units(s.Now), clean(what), clean(counts)})
	}
	t.Render()
	if len(d.Pairs) == 0 {
		fmt.Fprintln(w, "No company's count would change.")
		return
	}
	t = newTable(w, "Account", "Id", "Service", "Told", "In force", "New")
	for _, pair := range d.Pairs[:min(len(d.Pairs), listed*4)] {
		t.AppendRow([]any{clean(pair.Account), pair.AccountID, clean(pair.Service), units(pair.Told), pair.Was, pair.Now})
	}
	t.Render()
	if more := d.Differ - min(len(d.Pairs), listed*4); more > 0 {
		fmt.Fprintf(w, "… and %d more\n", more)
	}
}

// renderAttentionOf shows what is worth a look of some kinds only.
func renderAttentionOf(w io.Writer, all []fetch.Attention, kinds ...string) {
	var some []fetch.Attention
	for _, a := range all {
		for _, kind := range kinds {
			if a.Kind == kind {
				some = append(some, a)
			}
		}
	}
	renderAttention(w, some)
}
