// Package settings reads a program's settings from named texts, and says everything that is wrong with them in one
// message: a person who corrects one at a time deploys ten times.
package settings

import (
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Lookup finds a setting, as os.LookupEnv does.
type Lookup func(name string) (value string, ok bool)

// Problem is one setting that is missing or malformed.
type Problem struct {
	Name string
	Text string // what is wrong and what to do; never the value of a secret
}

// Error is everything that is wrong with the settings.
type Error struct{ Problems []Problem }

func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.Name + " " + p.Text
	}
	return "settings: " + strings.Join(lines, "; ")
}

// Reader reads settings and collects what is wrong. After a problem it returns the zero value.
type Reader struct {
	lookup   Lookup
	asked    map[string]bool
	problems []Problem
}

// NewReader makes a Reader.
func NewReader(lookup Lookup) *Reader {
	r := &Reader{asked: map[string]bool{}}
	r.lookup = func(name string) (string, bool) {
		r.asked[name] = true
		return lookup(name)
	}
	return r
}

// Names are the settings that were asked for so far, in order.
func (r *Reader) Names() []string { return slices.Sorted(maps.Keys(r.asked)) }

// Err is an *Error with all problems so far, or nil.
func (r *Reader) Err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return &Error{slices.Clone(r.problems)}
}

// Problem adds one that the caller found.
func (r *Reader) Problem(name, format string, args ...any) {
	r.problems = append(r.problems, Problem{name, fmt.Sprintf(format, args...)})
}

// Problems adds what an error says, a problem each line: of the setting that the line begins with and a colon, or else of name.
func (r *Reader) Problems(name string, err error) {
	for line := range strings.Lines(err.Error()) {
		line = strings.TrimSuffix(line, "\n")
		if of, text, ok := strings.Cut(line, ": "); ok && r.asked[of] {
			r.Problem(of, "%s", text)
		} else {
			r.Problem(name, "%s", line)
		}
	}
}

// Optional reads a text; an empty one counts as not set.
func (r *Reader) Optional(name, otherwise string) string {
	if value, ok := r.lookup(name); ok && strings.TrimSpace(value) != "" {
		return value
	}
	return otherwise
}

// Required reads a text that must be there. what says what it is.
func (r *Reader) Required(name, what string) string {
	value := r.Optional(name, "")
	if value == "" {
		r.Problem(name, "is not set: it must be %s", what)
	}
	return value
}

// maxWhole keeps products of a setting and a number of devices far from overflowing.
const maxWhole = 1_000_000_000

// Percent reads a whole number of percent, from 0 to most: 300 where 30 was meant would switch off what it sets.
func (r *Reader) Percent(name string, otherwise, most int64) int64 {
	return r.whole(name, otherwise, 0, most, "a whole number of percent, 0 or more, without a sign")
}

// Positive reads a whole number above 0.
func (r *Reader) Positive(name string, otherwise int64) int64 {
	return r.whole(name, otherwise, 1, maxWhole, "a whole number above 0")
}

func (r *Reader) whole(name string, otherwise, least, most int64, what string) int64 {
	text := strings.TrimSpace(r.Optional(name, ""))
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 63) // which takes no sign
	if err != nil || int64(n) < least || int64(n) > most {
		r.Problem(name, "is %s: it must be %s, at most %d", short(text), what, most)
		return 0
	}
	return int64(n)
}

// Duration reads a time such as 20h or 90m, above 0.
func (r *Reader) Duration(name string, otherwise time.Duration) time.Duration {
	text := strings.TrimSpace(r.Optional(name, ""))
	if text == "" {
		return otherwise
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		r.Problem(name, "is %s: it must be a time above 0 with its unit, such as 20h, 90m or 30s", short(text))
		return 0
	}
	return d
}

// Bool reads true or false.
func (r *Reader) Bool(name string, otherwise bool) bool {
	switch text := strings.ToLower(strings.TrimSpace(r.Optional(name, ""))); text {
	case "":
		return otherwise
	case "true":
		return true
	case "false":
		return false
	default:
		r.Problem(name, "is %s: it must be true or false", short(text))
		return false
	}
}

// OneOf reads one of some words, in any case; the first is what holds when it is not set.
func (r *Reader) OneOf(name string, words ...string) string {
	text := strings.TrimSpace(r.Optional(name, words[0]))
	for _, w := range words {
		if strings.EqualFold(text, w) {
			return w
		}
	}
	r.Problem(name, "is %s: it must be %s", short(text), strings.Join(words, " or "))
	return ""
}

// URL reads an address that check accepts (vendorapi.CheckBaseURL, say); the problem is in check's words.
func (r *Reader) URL(name, otherwise string, check func(name, value string) (*url.URL, error)) string {
	text := strings.TrimSpace(r.Optional(name, otherwise))
	if text == "" {
		return ""
	}
	if _, err := check(name, text); err != nil {
		r.Problems(name, err)
		return ""
	}
	return text
}

// LogLevel reads debug, info, warn or error.
func (r *Reader) LogLevel(name string, otherwise slog.Level) slog.Level {
	text := strings.TrimSpace(r.Optional(name, ""))
	if text == "" {
		return otherwise
	}
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if strings.EqualFold(text, level.String()) {
			return level
		}
	}
	r.Problem(name, "is %s: it must be debug, info, warn or error", short(text))
	return 0
}

// short shows a value that is no secret without letting it fill the screen.
func short(text string) string {
	if len(text) > 40 {
		text = text[:40] + "…"
	}
	return strconv.Quote(text)
}
