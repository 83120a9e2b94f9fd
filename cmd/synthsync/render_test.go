package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
)

func TestRenderChanges_WhatIsNotShown_IsCounted(t *testing.T) {
	changes := []fetch.Change{{AccountID: "1", To: 3}, {AccountID: "2", To: 4}, {AccountID: "3", To: 5}}
	for _, c := range []struct {
		due  int // 7: a stack's function answers with some of them
		want string
	}{{3, "… and 1 more; --json lists them\n"}, {7, "… and 5 more; --json lists 1 of them\n"}} {
		var out bytes.Buffer
		renderChanges(&out, changes, c.due, 2)
		if !strings.HasSuffix(out.String(), c.want) {
			t.Errorf("of %d: %s", c.due, out.String())
		}
	}
}
