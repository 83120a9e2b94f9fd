package services

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Fault is one thing that is wrong with the text of the rules, and what to do about it.
type Fault struct {
	Source string // where the text came from: a file's or a setting's name
	Line   int    // from 1
	Column int    // from 1
	Text   string
}

func (f *Fault) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", f.Source, f.Line, f.Column, f.Text)
}

// faults collects what is wrong.
type faults struct {
	source string
	list   []*Fault
}

func (f *faults) add(p position, format string, args ...any) {
	f.list = append(f.list, &Fault{f.source, p.line, p.column, fmt.Sprintf(format, args...)})
}

// err is every fault, in the order of the text.
func (f *faults) err() error {
	slices.SortStableFunc(f.list, func(a, b *Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	all := make([]error, len(f.list))
	for i, fault := range f.list {
		all[i] = fault
	}
	return errors.Join(all...)
}

// position is a place in the text, counted from 1.
type position struct{ line, column int }
