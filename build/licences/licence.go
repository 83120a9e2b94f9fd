package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// allowed are the licences that a dependency may have without a question, by their SPDX identifiers: they ask for
// nothing but that their notice goes along, which the release's archives do (-texts).
var allowed = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0"}

// permitted are modules under another licence, with the reason why they may be used all the same.
var permitted = map[string]struct{ licence, reason string }{
	"pgregory.net/rapid": {"MPL-2.0", "its files are used as they are, and in tests only"},
}

// signs are sentences that stand in every copy of a licence, blanks folded. Of two licences of which one has all the
// sentences of the other and more, the longer comes first, and the other is not looked for beside it.
var signs = []struct {
	id     string
	all    []string
	beside string
}{
	{"Apache-2.0", []string{"apache license version 2.0, january 2004", "grant of patent license"}, ""},
	{"MIT", []string{"permission is hereby granted, free of charge, to any person obtaining a copy of this software", "the above copyright notice and this permission notice shall be included"}, ""},
	{"MIT-0", []string{"permission is hereby granted, free of charge, to any person obtaining a copy of this software"}, "MIT"},
	{"ISC", []string{"permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted"}, ""},
	{"BSD-3-Clause", []string{"redistribution and use in source and binary forms, with or without modification, are permitted", "may be used to endorse or promote products derived from this software without specific prior written permission"}, ""},
	{"BSD-2-Clause", []string{"redistribution and use in source and binary forms, with or without modification, are permitted"}, "BSD-3-Clause"},
	{"MPL-2.0", []string{"mozilla public license version 2.0"}, ""},
	{"LGPL", []string{"gnu lesser general public license version"}, ""},
	{"GPL", []string{"gnu general public license version"}, ""},
	{"AGPL", []string{"gnu affero general public license version"}, ""},
}

// classify names the licences whose text stands in a file, by SPDX identifier; none for a text that it does not know.
// It is no lawyer: it knows the usual texts, so that anything else is put before a person.
func classify(text string) []string {
	folded := strings.ToLower(strings.Join(strings.Fields(text), " "))
	var found []string
	for _, s := range signs {
		if slices.Contains(found, s.beside) {
			continue
		}
		if !slices.ContainsFunc(s.all, func(sentence string) bool { return !strings.Contains(folded, sentence) }) {
			found = append(found, s.id)
		}
	}
	return found
}

// notices reads the files of a module's root that hold its licence or a notice that must go along with copies, by name.
func notices(dir string) (map[string]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("look for a licence: %w", err)
	}
	texts := map[string]string{}
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if e.IsDir() || filepath.Ext(name) == ".GO" || !slices.ContainsFunc([]string{"LICENSE", "LICENCE", "COPYING", "NOTICE"}, func(prefix string) bool {
			return strings.HasPrefix(name, prefix)
		}) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("read a licence: %w", err)
		}
		texts[e.Name()] = string(text)
	}
	return texts, nil
}

// pointers are files that hold no licence, but say which parts are under which of those beside them.
var pointers = []string{"LICENSE-SUMMARY"}

// licenceOf names a module's licences. A notice adds none; a text that is not known is an error.
func licenceOf(dir string) ([]string, error) {
	texts, err := notices(dir)
	if err != nil {
		return nil, err
	}
	var all []string
	for name, text := range texts {
		ids := classify(text)
		if len(ids) == 0 && !strings.HasPrefix(strings.ToUpper(name), "NOTICE") && !slices.Contains(pointers, name) {
			return nil, fmt.Errorf("%s: a licence text that is not known", name)
		}
		all = append(all, ids...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}
