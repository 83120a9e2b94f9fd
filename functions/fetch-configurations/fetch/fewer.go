package fetch

import (
	"fmt"
	"strings"
)

// fewer cuts what needs attention to so many of a kind. One more of the kind stands for the rest, and says how many they are
// and which accounts they are about, up to so many ids: whom nobody names, nobody corrects.
func fewer(all []Attention, perKind, ids int) []Attention {
	var out []Attention
	shown, rest := map[string]int{}, map[string]int{} // by kind: how many are shown, where the rest stands in out
	for _, a := range all {
		own := a
		if own.More == 0 {
			if shown[a.Kind]++; shown[a.Kind] <= perKind {
				out = append(out, a)
				continue
			}
			own.More = 1
			if a.AccountID != "" {
				own.AccountIDs = []string{a.AccountID}
			}
		}
		at, ok := rest[a.Kind]
		if !ok {
			at = len(out)
			rest[a.Kind] = at
			out = append(out, Attention{Kind: a.Kind})
		}
		sum := &out[at]
		sum.More += own.More
		sum.Units += own.Units
		if room := ids - len(sum.AccountIDs); room > 0 {
			sum.AccountIDs = append(sum.AccountIDs, own.AccountIDs[:min(len(own.AccountIDs), room)]...)
		}
	}
	for _, at := range rest {
		sum := &out[at]
		sum.Text = fmt.Sprintf("… and %d more", sum.More)
		if len(sum.AccountIDs) > 0 {
			sum.Text += fmt.Sprintf(", of companies %s", list(sum.AccountIDs))
		}
	}
	return out
}

// list names the first of some ids.
func list(ids []string) string {
	const most = 20
	text := strings.Join(ids[:min(len(ids), most)], ", ")
	if more := len(ids) - most; more > 0 {
		text += fmt.Sprintf(" and %d others", more)
	}
	return text
}
