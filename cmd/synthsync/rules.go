package main

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/synthsync/synthsync/cmd/synthsync/stack"
	"github.com/synthsync/synthsync/shared/awslite"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/services"
)

type rulesCommand struct {
	Check rulesCheckCommand `cmd:"" help:"Read a file of service rules and say what it means, or what is wrong with it."`
	Diff  rulesDiffCommand  `cmd:"" help:"Show, by service and company, what a file of service rules would change. Nobody is told."`
	Put   rulesPutCommand   `cmd:"" help:"Check a file of service rules and store it in S3, where a stack reads it."`
}

type rulesCheckCommand struct {
	File string `arg:"" help:"The rules, YAML or JSON."`
}

type rulesPutCommand struct {
	File   string `arg:"" help:"The rules, YAML or JSON."`
	Object string `arg:"" optional:"" placeholder:"S3-URL" help:"Where they are stored, s3://bucket/key; default: the stack's parameter ServicesObject."`
	Stack  string `placeholder:"NAME" help:"The stack whose rules they are."`
	Reason string `placeholder:"TEXT" help:"Why, in your words; with --stack recorded with your name."`
	deployed
}

// record notes who stored rules for a stack.
func (c *rulesPutCommand) record(ctx context.Context, p *process, to awslite.Object, rules services.Rules) error {
	s, err := c.open(ctx, c.Stack)
	if err != nil {
		return err
	}
	actor, err := s.Caller(ctx)
	if err != nil {
		return err
	}
	return s.Ledger(p.now).NoteAct(ctx, ledger.Act{
		What: ledger.ActRules, Actor: actor, Reason: c.Reason, Target: to.String(), Detail: "stored", Rules: rules.Hash(), Version: version,
	})
}

// readRules reads and checks a file. Both faults are a person's to mend.
func readRules(path string) ([]byte, services.Rules, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, &exitError{exitSettings, err}
	}
	rules, err := services.Parse(path, text)
	if err != nil {
		return nil, nil, &exitError{exitSettings, err}
	}
	return text, rules, nil
}

// Run checks.
func (c *rulesCheckCommand) Run(p *process) error {
	text, rules, err := readRules(c.File)
	if err != nil {
		return err
	}
	renderRules(p, rules)
	if len(text) > maxInline {
		fmt.Fprintf(p.stdout, "With %d bytes they are too long for a stack's parameter Services (%d); store them with: synthsync rules put %s s3://BUCKET/KEY, and give the stack that as ServicesObject\n", len(text), maxInline, c.File)
	}
	return nil
}

// maxInline is how much of a Lambda's 4 KB of settings the template leaves to the rules.
const maxInline = 3072

func renderRules(p *process, rules services.Rules) {
	t := newTable(p.stdout, "Service", "Counts")
	for _, r := range rules {
		t.AppendRow([]any{clean(r.Service), clean(r.Counts())})
	}
	t.Render()
}

// Run stores.
func (c *rulesPutCommand) Run(ctx context.Context, p *process) error {
	text, rules, err := readRules(c.File)
	if err != nil {
		return err
	}
	if (c.Object == "") == (c.Stack == "") {
		return &exitError{exitSettings, fmt.Errorf("say where: s3://bucket/key, or --stack NAME for where the stack reads them")}
	}
	to, store, err := c.target(ctx)
	if err != nil {
		return err
	}
	if err := store(ctx, to, text); err != nil {
		return err
	}
	if c.Stack != "" {
		if err := c.record(ctx, p, to, rules); err != nil {
			return fmt.Errorf("the rules are stored as %s, and who did it is not recorded (the next run records the change): %w", to, err)
		}
	}
	renderRules(p, rules)
	fmt.Fprintf(p.stdout, "Stored as %s. A run reads them when it begins; see first what they change: synthsync plan --stack NAME\n", to)
	return nil
}

func (c *rulesPutCommand) target(ctx context.Context) (awslite.Object, func(context.Context, awslite.Object, []byte) error, error) {
	where := stack.Where{Name: c.Stack, Region: c.Region, Profile: c.Profile}
	text := c.Object
	if c.Stack != "" {
		s, err := c.open(ctx, c.Stack)
		if err != nil {
			return awslite.Object{}, nil, err
		}
		if text = s.ServicesObject(); text == "" {
			return awslite.Object{}, nil, &exitError{exitSettings, fmt.Errorf("stack %s has its rules in its parameter Services; deploy it with ServicesObject=s3://bucket/key first", c.Stack)}
		}
	}
	object, err := awslite.ParseObject(text)
	if err != nil {
		return object, nil, &exitError{exitSettings, err}
	}
	return object, func(ctx context.Context, o awslite.Object, body []byte) error {
		return stack.Put(ctx, where, o.Bucket, o.Key, bytes.NewReader(body), aws.String("application/yaml"))
	}, nil
}
