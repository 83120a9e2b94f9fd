package message_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
)

const (
	usageBody    = `{"version":1,"runId":"r","observedAt":"2026-11-23T02:00:00.123Z","account":{"id":"175","name":"Contoso"},"counts":{"Managed Servers":3,"Managed Workstations":0}}`
	accountBody  = `{"version":1,"runId":"r","observedAt":"2026-11-23T02:00:00.123Z","account":{"id":"175","name":"Contoso"}}`
	servicesBody = `{"version":1,"runId":"r","observedAt":"2026-11-23T02:00:00.123Z","services":[{"name":"Managed Servers","description":"d","category":"c","subcategory":"s"}]}`
)

var observed = time.Date(2026, 11, 23, 2, 0, 0, 123e6, time.UTC)

// What is on the queues when a new version is deployed must still be read: these bodies never change.
func TestMessages_AreReadAndWrittenInTheShapesThatOthersHold(t *testing.T) {
	u, err := message.DecodeUsage([]byte(usageBody))
	want := message.Usage{RunID: "r", ObservedAt: observed, Account: message.Account{ID: "175", Name: "Contoso"}, Counts: map[string]int64{"Managed Servers": 3, "Managed Workstations": 0}}
	if diff := cmp.Diff(want, u); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if body, err := u.Encode(); err != nil || string(body) != usageBody {
		t.Errorf("%v %s", err, body)
	}
	for body, group := range map[string]string{accountBody: "175", servicesBody: "services"} {
		a, err := message.DecodeAccounts([]byte(body))
		if err != nil || a.Group() != group {
			t.Errorf("%v, group %q of %s", err, a.Group(), body)
		}
		if again, err := a.Encode(); err != nil || string(again) != body {
			t.Errorf("%v %s", err, again)
		}
	}
}

func TestMessages_WhatIsWrong_IsRefusedByItsField(t *testing.T) {
	usage := func(body []byte) error { _, err := message.DecodeUsage(body); return err }
	accounts := func(body []byte) error { _, err := message.DecodeAccounts(body); return err }
	for _, test := range []struct {
		read           func([]byte) error
		body, old, new string
		field          string
	}{
		{usage, usageBody, `"version":1`, `"version":2`, "version"},
		{usage, usageBody, `"version":1,`, ``, "version"},
		{usage, usageBody, `"runId":"r"`, `"runId":""`, "runId"},
		{usage, usageBody, `"runId":"r"`, `"runId":7`, "runId"},
		{usage, usageBody, `"observedAt":"2026-11-23T02:00:00.123Z",`, ``, "observedAt"},
		{usage, usageBody, `2026-11-23T02:00:00.123Z`, `0001-01-01T00:00:00Z`, "observedAt"},
		{usage, usageBody, `2026-11-23T02:00:00.123Z`, `9999-12-31T23:59:59-01:00`, "observedAt"},
		{usage, usageBody, `"id":"175"`, `"id":"0175"`, "account.id"},
		{usage, usageBody, `"id":"175"`, `"id":"-1"`, "account.id"},
		{usage, usageBody, `"id":"175"`, `"id":""`, "account.id"},
		{usage, usageBody, `"account":{"id":"175","name":"Contoso"},`, ``, "account"},
		{usage, usageBody, `,"counts":{"Managed Servers":3,"Managed Workstations":0}`, ``, "counts"},
		{usage, usageBody, `{"Managed Servers":3,"Managed Workstations":0}`, `{}`, "counts"},
		{usage, usageBody, `"Managed Servers":3`, `"":3`, "counts"},
		{usage, usageBody, `"Managed Servers":3`, `"Managed Servers":-1`, "counts.Managed Servers"},
		{usage, usageBody, `"Managed Servers":3`, `"Managed Servers":3.5`, "counts.Managed Servers"},
		{usage, usageBody, `"Managed Servers":3`, `"Managed Servers":"3"`, "counts.Managed Servers"},
		{usage, usageBody, `"Managed Servers":3`, `"Managed Servers":9223372036854775808`, "counts.Managed Servers"},
		{usage, usageBody, `"counts"`, `"services":[],"counts"`, "services"},
		{usage, usageBody, `"runId"`, `"extra":1,"runId"`, "(whole message)"},
		{usage, usageBody + "{}", ``, ``, "(whole message)"},
		{usage, "", ``, ``, "(whole message)"},
		{accounts, accountBody, `"account":{"id":"175","name":"Contoso"}`, `"services":null`, "account"},
		{accounts, accountBody, `"account"`, `"services":[],"account"`, "services"},
		{accounts, accountBody, `"account"`, `"counts":{},"account"`, "counts"},
		{accounts, servicesBody, `"name":"Managed Servers"`, `"name":""`, "services[0].name"},
	} {
		if test.old != "" && !strings.Contains(test.body, test.old) {
			t.Fatalf("%s does not stand in %s", test.old, test.body)
		}
		body := strings.Replace(test.body, test.old, test.new, 1)
		var fault *message.Error
		if err := test.read([]byte(body)); !errors.As(err, &fault) || fault.Field != test.field {
			t.Errorf("%s\ngot %v, want a fault of %q", body, err, test.field)
		}
	}
}

// SQS takes the characters of XML 1.0 and no others; JSON lets two more stand as they are.
func TestMessages_WithCharactersThatNoQueueTakes_AreWrittenSoThatOneDoes(t *testing.T) {
	odd := "Odd \uffff \ufffe Ltd"
	u := message.Usage{RunID: "r", ObservedAt: observed, Account: message.Account{ID: "175", Name: odd}, Counts: map[string]int64{odd: 3}}
	body, err := u.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := (queue.Message{Group: u.Group(), DeduplicationID: u.DeduplicationID(), Body: body}).Check(); err != nil {
		t.Error(err)
	}
	if again, err := message.DecodeUsage(body); err != nil || again.Account.Name != odd || again.Counts[odd] != 3 {
		t.Errorf("%+v %v", again, err)
	}
	a := message.Accounts{RunID: "r", ObservedAt: observed, Account: &message.Account{ID: "175", Name: odd}}
	if body, err = a.Encode(); err != nil {
		t.Fatal(err)
	}
	if err := (queue.Message{Group: a.Group(), DeduplicationID: a.DeduplicationID(), Body: body}).Check(); err != nil {
		t.Error(err)
	}
}
