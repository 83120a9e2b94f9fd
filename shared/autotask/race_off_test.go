//go:build !race

package autotask

const raced = false
