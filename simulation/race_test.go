//go:build race

package simulation

// raced tells that the race detector is at work. It shuffles goroutines, so that a history is no longer one history.
const raced = true
