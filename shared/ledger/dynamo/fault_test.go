package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/dynamo"
)

func key(id string) ledger.Key { return ledger.Key{Kind: "account", ID: id} }

func put(id string, ifVersion int64, body string) ledger.Write {
	return ledger.Write{Key: key(id), IfVersion: ifVersion, Body: []byte(body)}
}

func newStore(t *testing.T) (*fake, *dynamo.Store) {
	t.Helper()
	f, client := newFake(t)
	return f, dynamo.New(client, table, dynamo.Options{Pause: atOnce})
}

func says(t *testing.T, err error, words ...string) {
	t.Helper()
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("error %v does not say %q", err, word)
		}
	}
}

func stands(t *testing.T, s *dynamo.Store, id string, version int64, body string) {
	t.Helper()
	docs, err := s.Get(t.Context(), key(id))
	if err != nil {
		t.Fatal(err)
	}
	if docs[0].Version != version || string(docs[0].Body) != body {
		t.Errorf("%s is version %d, %s; want %d, %s", id, docs[0].Version, docs[0].Body, version, body)
	}
}

// pair is a write that needs a transaction.
func pair(body string) []ledger.Write { return []ledger.Write{put("a", 0, body), put("b", 0, body)} }

func TestWrite_PassingFaultsAreTriedAgain(t *testing.T) {
	for name, faults := range map[string][]fault{
		"throttled":    {throttled, overloaded, throttled},
		"colliding":    {colliding, colliding},
		"unavailable":  {unavailable},
		"request lost": {requestLost, requestLost},
	} {
		t.Run(name, func(t *testing.T) {
			f, s := newStore(t)
			f.fail("PutItem", faults...)
			if err := s.Write(t.Context(), put("single", 0, `1`)); err != nil {
				t.Error(err)
			}
			f.fail("TransactWriteItems", append(faults, cancelled)...)
			if err := s.Write(t.Context(), pair(`1`)...); err != nil {
				t.Error(err)
			}
			stands(t, s, "single", 1, `1`)
			stands(t, s, "b", 1, `1`)
		})
	}
}

func TestWrite_AnswerLostAfterTheWriteIsNoConflict(t *testing.T) {
	for name, lost := range map[string]fault{"connection": answerLost, "status 500": answerIsFault} {
		t.Run(name, func(t *testing.T) {
			f, s := newStore(t)
			f.fail("PutItem", lost)
			if err := s.Write(t.Context(), put("single", 0, `1`)); err != nil {
				t.Error(err)
			}
			f.fail("PutItem", lost, throttled, lost)
			if err := s.Write(t.Context(), put("single", 1, `2`)); err != nil {
				t.Error(err)
			}
			stands(t, s, "single", 2, `2`)

			f.fail("TransactWriteItems", lost, cancelled, lost)
			if err := s.Write(t.Context(), pair(`1`)...); err != nil {
				t.Error(err)
			}
			f.fail("TransactWriteItems", lost)
			if err := s.Write(t.Context(), ledger.Write{Key: key("a"), IfVersion: 1, Delete: true}); err != nil {
				t.Error(err)
			}
			stands(t, s, "a", 0, ``)
			stands(t, s, "b", 1, `1`)
		})
	}
}

// Two writers write the very same document: the one whose request was lost must not take the other's for its own.
func TestWrite_SameBodyOfAnotherWriterIsStillAConflict(t *testing.T) {
	f, s := newStore(t)
	if err := s.Write(t.Context(), put("counter", 0, `1`)); err != nil {
		t.Fatal(err)
	}
	f.fail("PutItem", requestLost)
	other := dynamo.New(clientOf(t, f), table, dynamo.Options{Pause: atOnce})
	between := func(ctx context.Context, _ time.Duration) error { return other.Write(ctx, put("counter", 1, `2`)) }
	err := dynamo.New(clientOf(t, f), table, dynamo.Options{Pause: between}).Write(t.Context(), put("counter", 1, `2`))
	var conflict *ledger.Conflict
	if !errors.As(err, &conflict) || !slices.Equal(conflict.Keys, []ledger.Key{key("counter")}) {
		t.Errorf("got %v, want a conflict", err)
	}
}

func TestWrite_ConflictIsNotTriedAgain(t *testing.T) {
	f, s := newStore(t)
	if err := s.Write(t.Context(), put("a", 0, `1`)); err != nil {
		t.Fatal(err)
	}
	var conflict *ledger.Conflict
	if err := s.Write(t.Context(), put("a", 0, `2`)); !errors.As(err, &conflict) {
		t.Errorf("got %v, want a conflict", err)
	}
	if err := s.Write(t.Context(), pair(`2`)...); !errors.As(err, &conflict) {
		t.Errorf("got %v, want a conflict", err)
	}
	if puts, transactions := f.called("PutItem"), f.called("TransactWriteItems"); puts != 2 || transactions != 1 {
		t.Errorf("%d and %d calls, want 2 and 1", puts, transactions)
	}
}

func TestWrite_LastingFaultEndsWithWhatWasTried(t *testing.T) {
	for name, c := range map[string]struct {
		operation string
		fault     fault
		writes    []ledger.Write
		says      []string
		tries     int
	}{
		"throttled":   {"PutItem", throttled, []ledger.Write{put("a", 0, `1`)}, []string{"write account/a (tried 10 times)", "ThrottlingException"}, 10},
		"colliding":   {"TransactWriteItems", cancelled, pair(`1`), []string{"write 2 documents (tried 10 times)", "account/b: TransactionConflict"}, 10},
		"forbidden":   {"PutItem", forbidden, []ledger.Write{put("a", 0, `1`)}, []string{"write account/a:", "AccessDenied"}, 1},
		"answer lost": {"PutItem", requestLost, []ledger.Write{put("a", 0, `1`)}, []string{"not known whether it was carried out"}, 10},
		"no table": {"PutItem", fault{status: 400, code: "ResourceNotFoundException"}, []ledger.Write{put("a", 0, `1`)},
			[]string{"no such table in this account and Region"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			f, s := newStore(t)
			f.fail(c.operation, slices.Repeat([]fault{c.fault}, 20)...)
			err := s.Write(t.Context(), c.writes...)
			var conflict *ledger.Conflict
			if errors.As(err, &conflict) {
				t.Errorf("%v is a conflict", err)
			}
			says(t, err, append(c.says, "ledger table "+table)...)
			if got := f.called(c.operation); got != c.tries {
				t.Errorf("%d tries, want %d", got, c.tries)
			}
			if strings.Contains(err.Error(), "not known") != (name == "answer lost") {
				t.Errorf("%v: what was refused is known, what was lost is not", err)
			}
		})
	}
}

func TestWrite_PausesGrowAndEndWithTheContext(t *testing.T) {
	f, client := newFake(t)
	f.fail("PutItem", slices.Repeat([]fault{throttled}, 20)...)
	ctx, cancel := context.WithCancel(t.Context())
	var pauses []time.Duration
	s := dynamo.New(client, table, dynamo.Options{Pause: func(ctx context.Context, d time.Duration) error {
		if pauses = append(pauses, d); len(pauses) == 4 {
			cancel()
		}
		return ctx.Err()
	}})
	err := s.Write(ctx, put("a", 0, `1`))
	if !errors.Is(err, context.Canceled) || f.called("PutItem") != 4 {
		t.Errorf("after %d tries: %v", f.called("PutItem"), err)
	}
	for i, least := range []time.Duration{25, 50, 100, 200} {
		if d := pauses[i]; d < least*time.Millisecond || d >= 2*least*time.Millisecond {
			t.Errorf("pause %d is %v, want from %d to %d ms", i, d, least, 2*least)
		}
	}
}

func TestWrite_DocumentTooLargeForDynamoDBIsRefusedBeforeItIsSent(t *testing.T) {
	f, s := newStore(t)
	err := s.Write(t.Context(), put("big", 0, `"`+strings.Repeat("x", 400<<10)+`"`))
	var large *dynamo.TooLargeError
	if !errors.As(err, &large) || large.Key != key("big") {
		t.Errorf("got %v, want a *TooLargeError", err)
	}
	says(t, err, "account/big needs", "room for 409600")

	var many []ledger.Write
	for i := range 12 {
		many = append(many, put(fmt.Sprint(i), 0, `"`+strings.Repeat("x", 390<<10)+`"`))
	}
	says(t, s.Write(t.Context(), many...), "12 documents", "transactions have room for 4194304")
	if n := f.called("PutItem") + f.called("TransactWriteItems"); n != 0 {
		t.Errorf("%d calls, want none", n)
	}
}

func TestGet_UnprocessedKeysAreAskedForAgain(t *testing.T) {
	f, s := newStore(t)
	var keys []ledger.Key
	for i := range 150 {
		keys = append(keys, key(fmt.Sprint(i)))
		if err := s.Write(t.Context(), put(fmt.Sprint(i), 0, fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	f.batch = 7
	docs, err := s.Get(t.Context(), keys...)
	if err != nil {
		t.Fatal(err)
	}
	for i, doc := range docs {
		if string(doc.Body) != fmt.Sprint(i) {
			t.Errorf("document %d is %s", i, doc.Body)
		}
	}
	if got := f.called("BatchGetItem"); got != 15+8 {
		t.Errorf("%d calls, want 100/7 and 50/7", got)
	}
}

func TestGet_NothingButUnprocessedKeysIsThrottling(t *testing.T) {
	f, s := newStore(t)
	f.batch = 0
	_, err := s.Get(t.Context(), key("a"), key("b"))
	says(t, err, "ledger table "+table, "read 2 documents", "throttled")
}

func TestRead_FaultsSayWhatWasRead(t *testing.T) {
	f, s := newStore(t)
	list := func() (err error) {
		for _, err = range s.List(t.Context(), "account") {
		}
		return err
	}
	for _, c := range []struct {
		operation, says string
		read            func() error
	}{
		{"GetItem", "read account/a", func() error { _, err := s.Get(t.Context(), key("a")); return err }},
		{"BatchGetItem", "read 2 documents", func() error { _, err := s.Get(t.Context(), key("a"), key("b")); return err }},
		{"Query", "list account documents", list},
	} {
		f.fail(c.operation, forbidden)
		says(t, c.read(), "ledger table "+table+": "+c.says, "AccessDenied")
	}
}

func TestRead_ItemOfAnotherProgramIsNoDocument(t *testing.T) {
	f, s := newStore(t)
	client := clientOf(t, f)
	for name, it := range map[string]map[string]types.AttributeValue{
		"no body":     {"v": &types.AttributeValueMemberN{Value: "1"}},
		"no version":  {"doc": &types.AttributeValueMemberS{Value: "{}"}},
		"odd version": {"doc": &types.AttributeValueMemberS{Value: "{}"}, "v": &types.AttributeValueMemberN{Value: "1.5"}},
	} {
		it["pk"], it["sk"] = &types.AttributeValueMemberS{Value: "account"}, &types.AttributeValueMemberS{Value: name}
		tableName, any, ttl, now := table, "attribute_not_exists(pk) OR #ttl <= :now", "ttl", &types.AttributeValueMemberN{Value: "0"}
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{
			TableName: &tableName, Item: it, ConditionExpression: &any,
			ExpressionAttributeNames: map[string]string{"#ttl": ttl}, ExpressionAttributeValues: map[string]types.AttributeValue{":now": now},
		}); err != nil {
			t.Fatal(err)
		}
		_, err := s.Get(t.Context(), key(name))
		says(t, err, "account/"+name, "not a ledger's document")
	}
	for _, err := range s.List(t.Context(), "account") {
		says(t, err, "not a ledger's document")
	}
}

func TestStore_ExpiresByTheClockHandedIn(t *testing.T) {
	_, client := newFake(t)
	now := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	s := dynamo.New(client, table, dynamo.Options{Now: func() time.Time { return now }})
	w := put("a", 0, `1`)
	w.Expires = now.Add(time.Minute)
	if err := s.Write(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute - 1)
	stands(t, s, "a", 1, `1`)
	now = now.Add(1)
	stands(t, s, "a", 0, ``)
	if err := s.Write(t.Context(), put("a", 0, `2`)); err != nil {
		t.Errorf("what has expired stands in the way: %v", err)
	}
	stands(t, s, "a", 1, `2`)
}
