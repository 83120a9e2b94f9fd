package main

import "testing"

func TestProcessors_One_UnlessGoItselfIsToldOtherwise(t *testing.T) {
	for value, want := range map[string]int{"": 1, "4": 0} {
		got := processors(func(name string) (string, bool) { return value, name == "GOMAXPROCS" && value != "" })
		if got != want {
			t.Errorf("GOMAXPROCS=%q: %d, want %d", value, got, want)
		}
	}
}
