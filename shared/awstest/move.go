package awstest

import "strings"

// AllowMoveTasks gives the queue service its own task that moves dead letters back. Without it the action is unknown.
func (c *Cloud) AllowMoveTasks() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moves = true
}

// moveTask moves everything at once, with the deduplication ids that the letters had.
func (c *Cloud) moveTask(operation string, in sqsInput) any {
	if !c.moves {
		return &fault{Type: "com.amazonaws.sqs#InvalidAction", Message: "The action " + operation + " is not valid for this endpoint."}
	}
	switch operation {
	case "StartMessageMoveTask":
		from, to := c.box(named(in.SourceARN)), named(in.DestinationARN)
		c.moved = len(from.letters)
		for _, l := range from.letters {
			e := entry{Body: l.Body, Group: l.Group, Deduplication: l.id}
			if c.queues[to] != nil {
				c.send(c.t.Context(), to, e)
			} else {
				c.box(to).send(l.Letter, l.id, c.now())
			}
		}
		from.letters = nil
		return map[string]string{"TaskHandle": "task"}
	case "ListMessageMoveTasks":
		return map[string]any{"Results": []map[string]any{{"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": c.moved, "TaskHandle": "task", "SourceArn": in.SourceARN}}}
	case "CancelMessageMoveTask":
		return map[string]int{"ApproximateNumberOfMessagesMoved": c.moved}
	}
	return &fault{Type: "com.amazonaws.sqs#InvalidAction", Message: operation}
}

func named(arn string) string { return arn[strings.LastIndex(arn, ":")+1:] }
