package fetch

import (
	"regexp"
	"slices"
	"strings"
)

// MappingsLost is why a run fails that has lost mappings: an incident of its own, and no news among the reasons of a failure.
const MappingsLost = "mappings lost: counts that were told before have no map at Synthesize any more; map them there again"

// which is what a reason says of what failed, and not of why: names (quoted, or in parentheses), the company and the service of a
// count, figures, ids and times, run ids, and how many more there are. It is another one each night although the reason is not.
var which = regexp.MustCompile(`"[^"]*"|not told: company \S+|\([^()]*\)|[^:;\n]* of company [^:;\n]*|… and \d+ more|\S*\d\S*|\b[A-Z]{26}\b`)

// marks tell why a run failed from other reasons. A run may have several, of which each is news by itself.
func marks(reason string) []string {
	text := strings.ReplaceAll(reason, MappingsLost, "")
	for before := ""; before != text; { // parentheses stand within parentheses
		before, text = text, which.ReplaceAllString(text, " ")
	}
	var out []string
	for _, clause := range strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == '\n' }) {
		if clause = strings.Trim(strings.Join(strings.Fields(clause), " "), ": "); clause != "" {
			out = append(out, clause)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
