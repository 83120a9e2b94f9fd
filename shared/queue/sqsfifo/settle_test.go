package sqsfifo_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/queue/sqsfifo"
)

func TestHide_WholeSeconds_RoundedUp_WithinWhatSQSAllows(t *testing.T) {
	for wait, want := range map[time.Duration]int{
		0: 0, -time.Second: 0, time.Nanosecond: 1, 90 * time.Second: 90, 90*time.Second + 1: 91, 24 * time.Hour: 42300,
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{t: t}
			if err := sqsfifo.NewVisibility(f.client(), queueURL).Hide(t.Context(), "receipt", wait); err != nil {
				t.Fatal(err)
			}
			r := f.requests[0]
			if r.operation != "ChangeMessageVisibility" || r.QueueURL != queueURL || r.ReceiptHandle != "receipt" || *r.VisibilityTimeout != want {
				t.Errorf("%s: %+v, want %d", wait, r, want)
			}
		})
	}
}

func TestHide_Error_NamesTheQueue_NotTheReceipt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{t: t, fail: func(int, request) (int, string) { return 400, "ReceiptHandleIsInvalid" }}
		err := sqsfifo.NewVisibility(f.client(), queueURL).Hide(t.Context(), "the-receipt", time.Minute)
		if err == nil || !strings.Contains(err.Error(), "usage.fifo") || strings.Contains(err.Error(), "the-receipt") {
			t.Errorf("err = %v", err)
		}
	})
}

func buried(t *testing.T, r queue.Received, reason string) entry {
	t.Helper()
	var letter entry
	synctest.Test(t, func(t *testing.T) {
		f := &fake{t: t}
		letters := sqsfifo.NewDeadLetters(f.client(), queueURL)
		for range 2 { // the deletion was lost, and it comes again
			if err := letters.Bury(t.Context(), r, reason); err != nil {
				t.Fatal(err)
			}
		}
		if len(f.queue) != 1 {
			t.Fatalf("%d letters of one message", len(f.queue))
		}
		letter = f.queue[0]
	})
	return letter
}

func TestBury_KeepsTheMessage_AndSaysWhy(t *testing.T) {
	sent := time.Date(2026, 11, 23, 1, 2, 3, 0, time.FixedZone("", 3600))
	letter := buried(t, queue.Received{ID: "id-1", Group: "175", Body: []byte(`{"version":9}`), Receives: 3, SentAt: sent}, "version: this program reads 1")
	if letter.MessageBody != `{"version":9}` || letter.MessageGroupID != "175" || letter.MessageDeduplicationID != "id-1" {
		t.Errorf("letter: %+v", letter)
	}
	for name, want := range map[string]string{
		sqsfifo.AttributeReason: "version: this program reads 1", sqsfifo.AttributeOriginal: "id-1",
		sqsfifo.AttributeReceives: "3", sqsfifo.AttributeSentAt: "2026-11-23T00:02:03Z",
	} {
		if got := letter.MessageAttributes[name].StringValue; got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func TestBury_AnyReason_FitsIntoAnAttribute(t *testing.T) {
	for name, reason := range map[string]string{
		"empty": "", "blank": " \n", "control characters": "a\x00b\x1b", "not UTF-8": "a\xffb", "long": strings.Repeat("ü", 4000),
	} {
		got := buried(t, queue.Received{ID: "i", Group: "g", Body: []byte("b")}, reason).MessageAttributes[sqsfifo.AttributeReason].StringValue
		if got == "" || len(got) > 2048 || !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\x1b") {
			t.Errorf("%s: %d bytes, %.20q", name, len(got), got)
		}
		if name == "long" && (!strings.HasSuffix(got, "ü…") || len(got) < 2040) {
			t.Errorf("cut to %d bytes, %q", len(got), got[len(got)-8:])
		}
	}
}

func TestBury_ALargeBody_IsKeptWhole_WithoutAttributes(t *testing.T) {
	body := strings.Repeat("x", queue.MaxMessage)
	letter := buried(t, queue.Received{ID: "i", Group: "g", Body: []byte(body)}, "reason")
	if letter.MessageBody != body || len(letter.MessageAttributes) > 0 {
		t.Errorf("%d bytes, %d attributes", len(letter.MessageBody), len(letter.MessageAttributes))
	}
}

func TestBury_Error_NamesMessageGroupAndQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{t: t, fail: func(int, request) (int, string) { return 403, "AccessDeniedException" }}
		err := sqsfifo.NewDeadLetters(f.client(), queueURL).Bury(t.Context(), queue.Received{ID: "id-1", Group: "175", Body: []byte("b")}, "r")
		if err == nil {
			t.Fatal("no error")
		}
		for _, part := range []string{"id-1", "175", "usage.fifo", "AccessDenied"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q is not in: %v", part, err)
			}
		}
	})
}
