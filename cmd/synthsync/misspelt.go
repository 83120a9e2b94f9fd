package main

import (
	"maps"
	"slices"

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

// nearly tells whether a name is a letter or two off a setting's: one where it is short (CODE is not MODE, nor DEVICES
// SERVICES).
func nearly(name, setting string) bool {
	off := 2
	if len(setting) <= len("SERVICES") {
		off = 1
	}
	return name != "" && name[0] == setting[0] && levenshtein.ComputeDistance(name, setting) <= off
}
