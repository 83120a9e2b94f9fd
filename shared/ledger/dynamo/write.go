package dynamo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/synthsync/synthsync/shared/ledger"
)

// The conditions, by the version that a document must have. An item that has expired is as good as gone, though
// DynamoDB may keep it for days: it must not be in the way of a first write, and its old version must not pass.
const (
	ifAbsent  = "attribute_not_exists(pk) OR #ttl <= :now"
	ifVersion = "v = :v AND (attribute_not_exists(#ttl) OR #ttl > :now)"
)

// condition is a condition with its names and values; ttl is a reserved word of DynamoDB's.
type condition struct {
	expression string
	names      map[string]string
	values     item
}

func conditionOf(w ledger.Write, now time.Time) condition {
	c := condition{ifAbsent, map[string]string{"#ttl": "ttl"}, item{":now": number(now.Unix())}}
	if w.IfVersion > 0 {
		c.expression = ifVersion
		c.values[":v"] = number(w.IfVersion)
	}
	return c
}

// Write puts one document with PutItem, and does everything else in one transaction.
//
// An answer can be lost after the write was made, and the next try then meets its own work. A transaction has a token
// by which DynamoDB knows it again; a document carries the mark of the write that made it. Only when yet another
// writer has overwritten the document between two tries is the first one taken for a conflict.
func (s *Store) Write(ctx context.Context, writes ...ledger.Write) error {
	mark := rand.Text()
	if err := check(writes, mark); err != nil {
		return s.fail("write", err)
	}
	what := fmt.Sprintf("write %d documents", len(writes))
	if len(writes) == 1 {
		what = "write " + writes[0].Key.String()
	}
	if err := ctx.Err(); err != nil {
		return s.fail(what, err)
	}
	// The clock is read once: a transaction that is tried again must be the same to the letter.
	now := s.opts.Now()
	switch {
	case len(writes) == 0:
		return nil
	case len(writes) == 1 && !writes[0].Check && !writes[0].Delete:
		return s.persist(ctx, what, s.put(writes[0], mark, now))
	default:
		return s.persist(ctx, what, s.transact(writes, mark, now))
	}
}

// put makes one document's write.
func (s *Store) put(w ledger.Write, mark string, now time.Time) attempt {
	c := conditionOf(w, now)
	in := &dynamodb.PutItemInput{
		TableName: &s.table, Item: encode(w, mark),
		ConditionExpression: &c.expression, ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	return func(ctx context.Context) error {
		_, err := s.client.PutItem(ctx, in, once)
		var failed *types.ConditionalCheckFailedException
		if !errors.As(err, &failed) {
			return err
		}
		if by, ok := failed.Item["w"].(*types.AttributeValueMemberS); ok && by.Value == mark {
			return nil // this very write, in a try whose answer was lost
		}
		return &ledger.Conflict{Keys: []ledger.Key{w.Key}}
	}
}

// transact makes the write of several documents, or of one that is not put.
func (s *Store) transact(writes []ledger.Write, mark string, now time.Time) attempt {
	items := make([]types.TransactWriteItem, len(writes))
	for i, w := range writes {
		c := conditionOf(w, now)
		switch {
		case w.Check:
			items[i].ConditionCheck = &types.ConditionCheck{
				TableName: &s.table, Key: itemKey(w.Key),
				ConditionExpression: &c.expression, ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
			}
		case w.Delete:
			items[i].Delete = &types.Delete{
				TableName: &s.table, Key: itemKey(w.Key),
				ConditionExpression: &c.expression, ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
			}
		default:
			items[i].Put = &types.Put{
				TableName: &s.table, Item: encode(w, mark),
				ConditionExpression: &c.expression, ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
			}
		}
	}
	in := &dynamodb.TransactWriteItemsInput{TransactItems: items, ClientRequestToken: aws.String(mark)}
	return func(ctx context.Context) error {
		_, err := s.client.TransactWriteItems(ctx, in, once)
		var cancelled *types.TransactionCanceledException
		if !errors.As(err, &cancelled) {
			return err
		}
		var changed []ledger.Key
		for i, reason := range cancelled.CancellationReasons[:min(len(writes), len(cancelled.CancellationReasons))] {
			switch code := aws.ToString(reason.Code); code {
			case "", "None":
			case "ConditionalCheckFailed":
				changed = append(changed, writes[i].Key)
			default:
				err = fmt.Errorf("%s: %s: %w", writes[i].Key, code, err)
			}
		}
		if changed != nil {
			return &ledger.Conflict{Keys: changed}
		}
		return err
	}
}
