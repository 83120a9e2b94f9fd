//go:build race

package autotask

// raced: the race detector makes ten million items a minute's work.
const raced = true
