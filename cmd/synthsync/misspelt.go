package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein" // small, kept, and counts letters, not bytes

	"github.com/synthsync/synthsync/shared/settings"
)

// misspelt finds names in an env file that are nearly a setting's. Without this, a guard that its owner believes to be set
// would stand at its default. Other names are left alone: such files hold the settings of other programs too.
func misspelt(r *settings.Reader, file map[string]string) {
	names := r.Names()
	for _, name := range slices.Sorted(maps.Keys(file)) {
		if slices.Contains(names, name) {
			continue
		}
		if at := slices.IndexFunc(names, func(setting string) bool { return nearly(name, setting) }); at >= 0 {
			r.Problem(name, "is no setting of this program: did you mean %s?", names[at])
		}
	}
}

// nearly tells whether a name is a setting's in other letters, or up to two letters off one whose name is long and ours: MODEL
// and SERVICE are other programs' names.
func nearly(name, setting string) bool {
	if strings.EqualFold(name, setting) {
		return true
	}
	return len(setting) > len("SERVICES") && levenshtein.ComputeDistance(strings.ToUpper(name), setting) <= 2
}
