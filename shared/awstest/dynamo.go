package awstest

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

type value struct {
	S *string `json:",omitempty"`
	N *string `json:",omitempty"`
}

type item map[string]value

func (i item) id() string { return *i["pk"].S + "\x00" + *i["sk"].S }

func (v value) number() int64 {
	if v.N == nil {
		return 0
	}
	n, err := strconv.ParseInt(*v.N, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// write is a change of one item under a condition.
type write struct {
	Item, Key                 item
	ConditionExpression       string
	ExpressionAttributeValues item
}

func (w *write) at() string {
	if w.Item != nil {
		return w.Item.id()
	}
	return w.Key.id()
}

// holds knows the two conditions of the ledger's store: the item must not be there, or must have a version.
func (w *write) holds(have item) bool {
	live := have != nil && (have["ttl"].N == nil || have["ttl"].number() > w.ExpressionAttributeValues[":now"].number())
	if strings.HasPrefix(w.ConditionExpression, "attribute_not_exists(pk)") {
		return !live
	}
	return live && strings.HasPrefix(w.ConditionExpression, "v = :v") && have["v"].number() == w.ExpressionAttributeValues[":v"].number()
}

// page is as much of a query's answer as fits into 1 MB.
func page(found []item) map[string]any {
	size := 0
	for i, it := range found {
		for name, v := range it {
			size += len(name)
			for _, text := range []*string{v.S, v.N} {
				if text != nil {
					size += len(*text)
				}
			}
		}
		if size > 1<<20 && i > 0 {
			last := found[i-1]
			return map[string]any{"Items": found[:i], "LastEvaluatedKey": item{"pk": last["pk"], "sk": last["sk"]}}
		}
	}
	return map[string]any{"Items": found}
}

func (c *Cloud) dynamo(operation string, body *json.Decoder) any {
	var in struct {
		write
		ExclusiveStartKey item

		RequestItems  map[string]struct{ Keys []item }
		TransactItems []struct{ Put, Delete, ConditionCheck *write }
	}
	if err := body.Decode(&in); err != nil {
		return &fault{Type: "ValidationException", Message: err.Error()}
	}
	switch operation {
	case "GetItem":
		return map[string]any{"Item": c.items[in.Key.id()]}
	case "BatchGetItem":
		responses := map[string]any{}
		for table, wanted := range in.RequestItems {
			found := []item{}
			for _, key := range wanted.Keys {
				if have, ok := c.items[key.id()]; ok {
					found = append(found, have)
				}
			}
			responses[table] = found
		}
		return map[string]any{"Responses": responses}
	case "Query":
		found := []item{}
		for _, have := range c.items {
			if *have["pk"].S == *in.ExpressionAttributeValues[":pk"].S && (in.ExclusiveStartKey == nil || have.id() > in.ExclusiveStartKey.id()) {
				found = append(found, have)
			}
		}
		slices.SortFunc(found, func(a, b item) int { return strings.Compare(a.id(), b.id()) })
		return page(found)
	case "PutItem":
		if have := c.items[in.at()]; !in.holds(have) {
			return &fault{Type: "ConditionalCheckFailedException", Message: "The conditional request failed", Item: have}
		}
		c.items[in.at()] = in.Item
		return struct{}{}
	case "TransactWriteItems":
		return c.transact(in.TransactItems)
	}
	return &fault{Type: "ValidationException", Message: "unknown operation " + operation}
}

func (c *Cloud) transact(items []struct{ Put, Delete, ConditionCheck *write }) any {
	var reasons []reason
	failed := false
	for _, it := range items {
		for _, w := range []*write{it.Put, it.Delete, it.ConditionCheck} {
			if w == nil {
				continue
			}
			code := "None"
			if !w.holds(c.items[w.at()]) {
				failed, code = true, "ConditionalCheckFailed"
			}
			reasons = append(reasons, reason{Code: code})
		}
	}
	if failed {
		return &fault{Type: "TransactionCanceledException", Message: "Transaction cancelled", Reasons: reasons}
	}
	for _, it := range items {
		if it.Put != nil {
			c.items[it.Put.at()] = it.Put.Item
		}
		if it.Delete != nil {
			delete(c.items, it.Delete.at())
		}
	}
	return struct{}{}
}

// Table is every item of the table as DynamoDB has it, as JSON.
func (c *Cloud) Table() json.RawMessage {
	c.mu.Lock()
	defer c.mu.Unlock()
	text, err := json.Marshal(c.items)
	if err != nil {
		c.t.Error(err)
	}
	return text
}

// SetTable puts items into the table, as Table gives them, in the place of what it holds.
func (c *Cloud) SetTable(items json.RawMessage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items = map[string]item{}
	if err := json.Unmarshal(items, &c.items); err != nil {
		c.t.Error(err)
	}
}
