package lambdatest

import (
	"reflect"
	"testing"
)

func TestSettle(t *testing.T) {
	batch := SQSEvent(QueueARN("usage.fifo"),
		Message{ID: "a", Group: "1"}, Message{ID: "b", Group: "1"}, Message{ID: "c", Group: "2"})
	all := []string{"a", "b", "c"}
	for _, c := range []struct {
		name     string
		payload  string
		deleted  []string
		returned []string
	}{
		{"EmptyAnswer_DeletesAll", ``, all, nil},
		{"Null_DeletesAll", `null`, all, nil},
		{"EmptyObject_DeletesAll", `{}`, all, nil},
		{"NullList_DeletesAll", `{"batchItemFailures":null}`, all, nil},
		{"EmptyList_DeletesAll", `{"batchItemFailures":[]}`, all, nil},
		{"NamedMessages_Return", `{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"c"}]}`, []string{"a"}, []string{"b", "c"}},
		{"MisspeltList_DeletesAll", `{"BatchItemFailures":[{"itemIdentifier":"b"}]}`, all, nil},
		{"UnknownID_ReturnsAll", `{"batchItemFailures":[{"itemIdentifier":"z"}]}`, nil, all},
		{"EmptyID_ReturnsAll", `{"batchItemFailures":[{"itemIdentifier":""}]}`, nil, all},
		{"NullID_ReturnsAll", `{"batchItemFailures":[{"itemIdentifier":null}]}`, nil, all},
		{"WrongKey_ReturnsAll", `{"batchItemFailures":[{"ItemIdentifier":"a"}]}`, nil, all},
		{"NullItem_ReturnsAll", `{"batchItemFailures":[null]}`, nil, all},
		{"NumberAsID_ReturnsAll", `{"batchItemFailures":[{"itemIdentifier":1}]}`, nil, all},
		{"ListOfIDs_ReturnsAll", `{"batchItemFailures":["a"]}`, nil, all},
		{"NoJSON_ReturnsAll", `done`, nil, all},
		{"NoObject_ReturnsAll", `[]`, nil, all},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Settle(Response{Payload: []byte(c.payload)}, batch)
			if !reflect.DeepEqual(s.Deleted, c.deleted) || !reflect.DeepEqual(s.Returned, c.returned) {
				t.Errorf("deleted %v, returned %v (%s); want %v and %v", s.Deleted, s.Returned, s.Reason, c.deleted, c.returned)
			}
			if whole := len(c.returned) == 3; whole != (s.Reason != "") {
				t.Errorf("reason %q", s.Reason)
			}
		})
	}
}

func TestSettle_FailedInvocation_ReturnsAll(t *testing.T) {
	batch := SQSEvent(QueueARN("usage.fifo"), Message{ID: "a"}, Message{ID: "b"})
	s := Settle(Response{Error: &Error{Type: TimedOut, Message: "too slow"}}, batch)
	if s.Deleted != nil || len(s.Returned) != 2 || s.Reason != "Sandbox.Timedout: too slow" {
		t.Errorf("got %+v", s)
	}
}

func TestSettle_MessageDeletedBehindAReturnedOneOfItsGroup_IsOvertaken(t *testing.T) {
	batch := SQSEvent(QueueARN("usage.fifo"),
		Message{ID: "a", Group: "1"}, Message{ID: "b", Group: "2"}, Message{ID: "c", Group: "1"})
	s := Settle(Response{Payload: []byte(`{"batchItemFailures":[{"itemIdentifier":"a"}]}`)}, batch)
	if !reflect.DeepEqual(s.Overtaken, []string{"c"}) {
		t.Errorf("overtaken %v, want c", s.Overtaken)
	}
}
