package fetch

import "sort"

// sortBy sorts by sort.Slice, which is compiled once. slices.SortFunc is compiled anew for each type, 20 KB for one as wide
// as these, and a bootstrap has to be small to start at once.
func sortBy[T any](list []T, compare func(a, b T) int) {
	sort.Slice(list, func(i, j int) bool { return compare(list[i], list[j]) < 0 })
}
