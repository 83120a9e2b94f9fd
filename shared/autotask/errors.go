package autotask

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/synthsync/synthsync/shared/vendorapi"
)

// IncompleteReadError says that what was read does not agree with the vendor's own counts, in spite of reading again
// what differed. Nothing may be concluded from such a read.
type IncompleteReadError struct {
	Entity        Entity
	Before, After int64    // the vendor's counts before and after the read
	Read          int64    // rows that were read
	Ranges        []string // of ids, in which rows and count differ; empty if it is not known where
}

func (e *IncompleteReadError) Error() string {
	s := fmt.Sprintf("Autotask: the read of %s is not complete: %d rows were read, its own counts say %d before and %d after",
		e.Entity, e.Read, e.Before, e.After)
	if len(e.Ranges) > 0 {
		s += "; ids that differ: " + strings.Join(e.Ranges[:min(len(e.Ranges), 5)], ", ")
		if more := len(e.Ranges) - 5; more > 0 {
			s += fmt.Sprintf(" and %d more", more)
		}
	}
	return s + "; try again when fewer changes are under way"
}

var errNotAnAnswer = errors.New("not the answer to this request")

// refusalError is an answer of status 200 that carries errors all the same.
type refusalError struct{ texts []string }

func (e *refusalError) Error() string {
	return "the answer carries errors: " + strings.Join(e.texts, "; ")
}

// Texts by which the vendor's refusals are told apart, in lower case: their status is 500 for nearly all of them.
var (
	tooMany  = []string{"thread threshold", "itgenatr005", "external request", "request threshold"}
	badLogin = []string{"integrationcode", "integration code"}
	noRight  = []string{"adequate permission", "required permission"}
	badQuery = []string{
		"parameter name: filters", "maxcountofrecordstoreturn", "invalid query syntax", "unable to find ",
		"unexpected character encountered while parsing value",
	}
)

// classify judges an answer that is not 2xx.
func classify(a vendorapi.Answer) vendorapi.Verdict {
	switch a.Status {
	case http.StatusUnauthorized:
		return vendorapi.Refused
	case http.StatusTooManyRequests:
		return vendorapi.Throttled
	}
	if v, ok := byText(string(a.Body)); ok {
		return v
	}
	return vendorapi.ClassifyStatus(a)
}

// byText judges by what the vendor says.
func byText(text string) (vendorapi.Verdict, bool) {
	text = strings.ToLower(text)
	says := func(phrases []string) bool {
		for _, p := range phrases {
			if strings.Contains(text, p) {
				return true
			}
		}
		return false
	}
	switch {
	case says(tooMany):
		return vendorapi.Throttled, true
	case says(badLogin):
		return vendorapi.Refused, true
	case says(noRight):
		return vendorapi.Fault, true
	case says(badQuery):
		return vendorapi.Permanent, true
	}
	return 0, false
}

// judge lets errors in an answer of status 200 count as if they had come with a 500.
func judge(err error, secrets []string, verdict func(vendorapi.Verdict) vendorapi.Verdict) error {
	var refusal *refusalError
	if !errors.As(err, &refusal) {
		return err
	}
	text := clean(strings.Join(refusal.texts, "; ")) // first, as it could join what a control character parts
	v, ok := byText(text)
	if !ok {
		v = vendorapi.RetryUnclear
	}
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "[redacted]")
		}
	}
	return vendorapi.Judge(verdict(v), &refusalError{[]string{fmt.Sprintf("%.300s", text)}})
}
