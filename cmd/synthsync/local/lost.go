package local

import "fmt"

// LostMappings says that so many counts lost their map: it makes a run, or a replay, one that did not end well, although
// each message came to its end.
func LostMappings(n int) error {
	return fmt.Errorf("%d mappings lost: counts that were told before have no map at Synthesize any more; map them there again", n)
}
