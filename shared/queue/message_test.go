package queue_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/queue"
)

func TestCheck_WhatSQSRefuses_IsRefusedHere(t *testing.T) {
	good := queue.Message{Group: "175", DeduplicationID: "run.1.175", Body: []byte("{\"name\":\"M\u00fcller \U0001F600\"}\r\n\t")}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*queue.Message){
		"no group":                func(m *queue.Message) { m.Group = "" },
		"a blank in the group":    func(m *queue.Message) { m.Group = "a b" },
		"a long group":            func(m *queue.Message) { m.Group = strings.Repeat("x", 129) },
		"no deduplication id":     func(m *queue.Message) { m.DeduplicationID = "" },
		"an umlaut in the id":     func(m *queue.Message) { m.DeduplicationID = "ü" },
		"a long deduplication id": func(m *queue.Message) { m.DeduplicationID = strings.Repeat("x", 129) },
		"no body":                 func(m *queue.Message) { m.Body = nil },
		"a body too large":        func(m *queue.Message) { m.Body = bytes.Repeat([]byte("x"), queue.MaxMessage+1) },
		"a NUL":                   func(m *queue.Message) { m.Body = []byte("a\x00") },
		"an escape character":     func(m *queue.Message) { m.Body = []byte("a\x1b") },
		"a noncharacter":          func(m *queue.Message) { m.Body = []byte("\uffff") },
		"not UTF-8":               func(m *queue.Message) { m.Body = []byte("a\xff") },
	} {
		m := good
		spoil(&m)
		if m.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	longest := queue.Message{Group: strings.Repeat("~", 128), DeduplicationID: strings.Repeat("!", 128), Body: bytes.Repeat([]byte("x"), queue.MaxMessage)}
	if err := longest.Check(); err != nil {
		t.Errorf("the largest message that fits: %v", err)
	}
}
