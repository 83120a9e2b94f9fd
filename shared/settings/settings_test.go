package settings_test

import (
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/settings"
)

func reader(values map[string]string) *settings.Reader {
	return settings.NewReader(func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	})
}

// problem is the one thing that is wrong.
func problem(t *testing.T, r *settings.Reader) string {
	t.Helper()
	var wrong *settings.Error
	if !errors.As(r.Err(), &wrong) || len(wrong.Problems) != 1 || wrong.Problems[0].Name != "X" {
		t.Fatalf("err = %v", r.Err())
	}
	return wrong.Problems[0].Text
}

func TestReader_AllProblemsAtOnce(t *testing.T) {
	r := reader(map[string]string{"PERCENT": "30%", "DURATION": "20", "BOOL": "yes", "MODE": "watch", "LEVEL": "loud"})
	r.Required("SECRET", "the API user's password")
	r.Percent("PERCENT", 30, 100)
	r.Duration("DURATION", time.Hour)
	r.Bool("BOOL", false)
	r.OneOf("MODE", "post", "observe")
	r.LogLevel("LEVEL", slog.LevelInfo)
	r.Problem("--patience", "is %s", "0s")
	err := r.Err()
	var wrong *settings.Error
	if !errors.As(err, &wrong) || len(wrong.Problems) != 7 {
		t.Fatalf("err = %v", err)
	}
	for _, part := range []string{
		"SECRET is not set: it must be the API user's password", "PERCENT is \"30%\"", "whole number of percent", "DURATION", "20h",
		"BOOL", "true or false", "MODE", "post or observe", "LEVEL", "debug, info, warn or error", "--patience is 0s",
	} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in: %v", part, err)
		}
	}
}

func TestReader_NothingWrong_IsNoError(t *testing.T) {
	r := reader(nil)
	if r.Percent("P", 30, 100) != 30 || r.Positive("N", 2) != 2 || r.Duration("D", time.Hour) != time.Hour || !r.Bool("B", true) ||
		r.OneOf("M", "post", "observe") != "post" || r.Optional("O", "o") != "o" || r.LogLevel("L", slog.LevelWarn) != slog.LevelWarn {
		t.Error("what is not set is not its default")
	}
	if err := r.Err(); err != nil {
		t.Errorf("err = %v", err)
	}
}

func TestReader_Blank_CountsAsNotSet(t *testing.T) {
	r := reader(map[string]string{"X": " \t", "Y": ""})
	if r.Optional("Y", "default") != "default" || r.Percent("X", 7, 100) != 7 || r.OneOf("Y", "post", "observe") != "post" {
		t.Error("a blank setting has hidden its default")
	}
	r.Required("X", "a secret")
	if text := problem(t, r); !strings.Contains(text, "not set") {
		t.Error(text)
	}
}

func TestReader_Texts_ArriveWhole(t *testing.T) {
	const secret = " $a#\"b= "
	r := reader(map[string]string{"X": secret})
	if r.Required("X", "a secret") != secret || r.Optional("X", "") != secret || r.Err() != nil {
		t.Errorf("the secret was changed, or refused: %v", r.Err())
	}
}

func TestReader_Values(t *testing.T) {
	type read = func(r *settings.Reader) any
	percent := func(r *settings.Reader) any { return r.Percent("X", 30, 100) }
	positive := func(r *settings.Reader) any { return r.Positive("X", 30) }
	duration := func(r *settings.Reader) any { return r.Duration("X", time.Hour) }
	boolean := func(r *settings.Reader) any { return r.Bool("X", true) }
	mode := func(r *settings.Reader) any { return r.OneOf("X", "post", "observe") }
	level := func(r *settings.Reader) any { return r.LogLevel("X", slog.LevelInfo) }
	for _, tt := range []struct {
		name, text string
		read       read
		want       any
		wrong      bool
	}{
		{"percent", "0", percent, int64(0), false},
		{"percent", " 45 ", percent, int64(45), false},
		{"percent", "100", percent, int64(100), false},
		{"percent", "101", percent, int64(0), true},
		{"percent", "99999999999999999999", percent, int64(0), true},
		{"percent", "-1", percent, int64(0), true},
		{"percent", "+1", percent, int64(0), true},
		{"percent", "1.5", percent, int64(0), true},
		{"positive", "1", positive, int64(1), false},
		{"positive", "0", positive, int64(0), true},
		{"positive", "1000000000", positive, int64(1_000_000_000), false},
		{"positive", "1000000001", positive, int64(0), true},
		{"duration", "20h", duration, 20 * time.Hour, false},
		{"duration", "1h30m", duration, 90 * time.Minute, false},
		{"duration", "0s", duration, time.Duration(0), true},
		{"duration", "-1h", duration, time.Duration(0), true},
		{"duration", "1d", duration, time.Duration(0), true},
		{"bool", "TRUE", boolean, true, false},
		{"bool", "false", boolean, false, false},
		{"bool", "1", boolean, false, true},
		{"one of", "Observe", mode, "observe", false},
		{"one of", "watch", mode, "", true},
		{"level", "DEBUG", level, slog.LevelDebug, false},
		{"level", "error", level, slog.LevelError, false},
		{"level", "INFO+2", level, slog.LevelInfo, true},
		{"level", "warning", level, slog.LevelInfo, true},
	} {
		r := reader(map[string]string{"X": tt.text})
		if got := tt.read(r); got != tt.want || (r.Err() != nil) != tt.wrong {
			t.Errorf("%s %q = %v (%v), want %v, a problem: %t", tt.name, tt.text, got, r.Err(), tt.want, tt.wrong)
		}
	}
}

func TestReader_URL_IsForTheCheckToJudge(t *testing.T) {
	check := func(name, value string) (*url.URL, error) {
		if value != "https://good.example" {
			return nil, errors.New("not good")
		}
		return url.Parse(value)
	}
	if got := reader(nil).URL("X", "https://good.example", check); got != "https://good.example" {
		t.Errorf("the default is %q", got)
	}
	if got := reader(map[string]string{"X": " https://good.example "}).URL("X", "", check); got != "https://good.example" {
		t.Errorf("got %q", got)
	}
	r := reader(map[string]string{"X": "https://user:hush@bad.example"})
	if got := r.URL("X", "", check); got != "" {
		t.Errorf("got %q", got)
	}
	if text := problem(t, r); !strings.Contains(text, "not good") || strings.Contains(text, "hush") {
		t.Error(text)
	}
}

func TestReader_ALongValue_DoesNotFillTheScreen(t *testing.T) {
	r := reader(map[string]string{"X": strings.Repeat("ü", 5000)})
	r.Bool("X", false)
	if text := problem(t, r); len(text) > 300 {
		t.Errorf("%d characters: %s", len(text), text)
	}
}
