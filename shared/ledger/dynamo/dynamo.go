// Package dynamo keeps a ledger in a DynamoDB table, for the stages in the cloud.
//
// The table has the partition key pk (the kind) and the sort key sk (the id), both strings. Beside them an item has v
// (its version), doc (the JSON, as a string), w (which write made it), and, when it expires, ttl (seconds since 1970):
// the table's TimeToLive attribute.
package dynamo

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/synthsync/synthsync/shared/ledger"
)

// Client is what this package needs of a *dynamodb.Client.
type Client interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// Options change how a Store works. The zero value is what the stages use.
type Options struct {
	// Now is the clock that documents expire by; nil means time.Now. DynamoDB removes an expired item within days; for
	// a Store it is gone at once, so machines whose clocks differ disagree about it for as long as they differ.
	Now func() time.Time

	// Pause waits between tries, or until the context ends; nil means with a timer.
	Pause func(context.Context, time.Duration) error
}

// Store is a ledger.Store in a DynamoDB table. The table must exist.
type Store struct {
	client Client
	table  string
	opts   Options
}

var (
	_ ledger.Store   = (*Store)(nil)
	_ ledger.Bounded = (*Store)(nil)
)

// New makes a store of a table. It calls nobody.
func New(client Client, table string, opts Options) *Store {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Pause == nil {
		opts.Pause = pause
	}
	return &Store{client: client, table: table, opts: opts}
}

// Close does nothing: the client belongs to whoever made it.
func (s *Store) Close() error { return nil }

// batchKeys is how many keys one BatchGetItem may name.
const batchKeys = 100

// Get reads with strong consistency, one key alone or up to 100 at a time.
func (s *Store) Get(ctx context.Context, keys ...ledger.Key) ([]ledger.Document, error) {
	if err := ctx.Err(); err != nil {
		return nil, s.fail(fmt.Sprintf("read %d documents", len(keys)), err)
	}
	found := make(map[ledger.Key]ledger.Document, len(keys))
	if len(keys) == 1 {
		if err := s.getOne(ctx, keys[0], found); err != nil {
			return nil, err
		}
	} else {
		for rest := distinct(keys); len(rest) > 0; {
			n := min(batchKeys, len(rest))
			if err := s.getBatch(ctx, rest[:n], found); err != nil {
				return nil, err
			}
			rest = rest[n:]
		}
	}
	docs := make([]ledger.Document, len(keys))
	now := s.opts.Now()
	for i, key := range keys {
		docs[i] = ledger.Document{Key: key}
		if doc, ok := found[key]; ok && !expired(doc, now) {
			doc.Body = append([]byte(nil), doc.Body...) // a key may be named twice
			docs[i] = doc
		}
	}
	return docs, nil
}

func (s *Store) getOne(ctx context.Context, key ledger.Key, found map[ledger.Key]ledger.Document) error {
	what := "read " + key.String()
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &s.table, Key: itemKey(key), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return s.fail(what, err)
	}
	if len(out.Item) == 0 {
		return nil
	}
	return s.collect(what, []item{out.Item}, found)
}

// getBatch reads up to 100 distinct keys, however often DynamoDB answers with a part of them.
func (s *Store) getBatch(ctx context.Context, keys []ledger.Key, found map[ledger.Key]ledger.Document) error {
	what := fmt.Sprintf("read %d documents", len(keys))
	wanted := make([]map[string]types.AttributeValue, len(keys))
	for i, key := range keys {
		wanted[i] = itemKey(key)
	}
	request := map[string]types.KeysAndAttributes{s.table: {Keys: wanted, ConsistentRead: aws.Bool(true)}}
	for idle := 0; ; {
		out, err := s.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: request})
		if err != nil {
			return s.fail(what, err)
		}
		if err := s.collect(what, out.Responses[s.table], found); err != nil {
			return err
		}
		left := len(out.UnprocessedKeys[s.table].Keys)
		if left == 0 {
			return nil
		}
		// An answer holds at most 16 MB, so a part of the keys is nothing unusual; none of them is: throttled.
		if left < len(request[s.table].Keys) {
			idle = 0
		} else if idle++; idle >= maxTries {
			return s.fail(what, fmt.Errorf("%d of them came back unprocessed %d times in a row: the table is throttled", left, idle))
		}
		if err := s.opts.Pause(ctx, delay(idle)); err != nil {
			return s.fail(what, err)
		}
		request = out.UnprocessedKeys
	}
}

// List queries a kind in pages of up to 1 MB, with strong consistency.
func (s *Store) List(ctx context.Context, kind ledger.Kind) iter.Seq2[ledger.Document, error] {
	return func(yield func(ledger.Document, error) bool) {
		what := fmt.Sprintf("list %s documents", kind)
		var start item
		for {
			if err := ctx.Err(); err != nil {
				yield(ledger.Document{}, s.fail(what, err))
				return
			}
			out, err := s.client.Query(ctx, &dynamodb.QueryInput{
				TableName:                 &s.table,
				KeyConditionExpression:    aws.String("pk = :pk"),
				ExpressionAttributeValues: item{":pk": text(string(kind))},
				ConsistentRead:            aws.Bool(true),
				ExclusiveStartKey:         start,
			})
			if err != nil {
				yield(ledger.Document{}, s.fail(what, err))
				return
			}
			now := s.opts.Now()
			for _, it := range out.Items {
				doc, err := decode(it)
				if err != nil {
					yield(ledger.Document{}, s.fail(what, err))
					return
				}
				if !expired(doc, now) && !yield(doc, nil) {
					return
				}
			}
			if start = out.LastEvaluatedKey; len(start) == 0 {
				return
			}
		}
	}
}

func (s *Store) collect(what string, items []item, found map[ledger.Key]ledger.Document) error {
	for _, it := range items {
		doc, err := decode(it)
		if err != nil {
			return s.fail(what, err)
		}
		found[doc.Key] = doc
	}
	return nil
}

func distinct(keys []ledger.Key) []ledger.Key {
	seen := make(map[ledger.Key]bool, len(keys))
	var once []ledger.Key
	for _, key := range keys {
		if !seen[key] {
			seen[key] = true
			once = append(once, key)
		}
	}
	return once
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// fail says what was being done to which table, and what to do about the causes that a person can mend.
func (s *Store) fail(what string, err error) error {
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) {
		what += ": there is no such table in this account and Region"
	}
	return fmt.Errorf("ledger table %s: %s: %w", s.table, what, err)
}
