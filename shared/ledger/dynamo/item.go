package dynamo

import (
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/synthsync/synthsync/shared/ledger"
)

// item is an item of the table, or a part of one, as the SDK has it.
type item = map[string]types.AttributeValue

// Limits of DynamoDB, documented: an item with the names of its attributes, and all the items of one transaction.
const (
	maxItem        = 400 << 10
	maxTransaction = 4 << 20
)

// TooLargeError says that a document does not fit into DynamoDB.
type TooLargeError struct {
	Key   ledger.Key
	Bytes int
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%s needs %d bytes, and DynamoDB's items have room for %d", e.Key, e.Bytes, maxItem)
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func itemKey(key ledger.Key) item { return item{"pk": text(string(key.Kind)), "sk": text(key.ID)} }

// encode makes the item that a write leaves behind. mark says which write that was.
func encode(w ledger.Write, mark string) item {
	it := itemKey(w.Key)
	it["v"] = number(w.IfVersion + 1)
	it["doc"] = text(string(w.Body))
	it["w"] = text(mark)
	if !w.Expires.IsZero() {
		// Whole seconds are all that TimeToLive knows; rounded up, nothing goes before its time.
		it["ttl"] = number(w.Expires.Add(time.Second - 1).Unix())
	}
	return it
}

func decode(it item) (ledger.Document, error) {
	kind, ok1 := it["pk"].(*types.AttributeValueMemberS)
	id, ok2 := it["sk"].(*types.AttributeValueMemberS)
	if !ok1 || !ok2 {
		return ledger.Document{}, fmt.Errorf("an item has no pk and sk: not a ledger's table")
	}
	doc := ledger.Document{Key: ledger.Key{Kind: ledger.Kind(kind.Value), ID: id.Value}}
	body, ok := it["doc"].(*types.AttributeValueMemberS)
	version, okVersion := integer(it["v"])
	if !ok || !okVersion {
		return ledger.Document{}, fmt.Errorf("item %s has no doc and v: not a ledger's document", doc.Key)
	}
	doc.Body, doc.Version = []byte(body.Value), version
	if at, ok := integer(it["ttl"]); ok {
		doc.Expires = time.Unix(at, 0).UTC()
	}
	return doc, nil
}

func integer(v types.AttributeValue) (int64, bool) {
	n, ok := v.(*types.AttributeValueMemberN)
	if !ok {
		return 0, false
	}
	i, err := strconv.ParseInt(n.Value, 10, 64)
	return i, err == nil
}

func expired(doc ledger.Document, now time.Time) bool {
	return !doc.Expires.IsZero() && !now.Before(doc.Expires)
}

// size is at least what DynamoDB counts: names and values, and for a number the most it can take.
func size(w ledger.Write, mark string) int {
	const names, numbers = len("pk" + "sk" + "v" + "doc" + "w" + "ttl"), 2 * 21
	return names + numbers + len(w.Kind) + len(w.ID) + len(w.Body) + len(mark)
}

// MaxDocument leaves a KiB to the names beside a document's body.
func (*Store) MaxDocument() int { return maxItem - 1<<10 }

// check refuses what no store can write, and what DynamoDB cannot. These are faults of the caller, never conflicts.
func check(writes []ledger.Write, mark string) error {
	if err := ledger.CheckWrites(writes); err != nil {
		return err
	}
	total := 0
	for _, w := range writes {
		if w.Check || w.Delete {
			continue
		}
		bytes := size(w, mark)
		if bytes > maxItem {
			return &TooLargeError{w.Key, bytes}
		}
		total += bytes
	}
	if total > maxTransaction {
		return fmt.Errorf("write %d documents: together %d bytes, and DynamoDB's transactions have room for %d", len(writes), total, maxTransaction)
	}
	return nil
}
