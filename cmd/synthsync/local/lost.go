package local

import (
	"fmt"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
)

// LostMappings says that so many counts lost their map: it makes a run, or a replay, one that did not end well, although
// each message came to its end.
func LostMappings(n int) error {
	return fmt.Errorf("%d %s", n, fetch.MappingsLost)
}
