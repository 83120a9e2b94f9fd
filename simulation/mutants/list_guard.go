package main

// guarding: the guard (rule 5), what it compares with, and observing.
var guarding = []mutant{
	{rule: "5 guard", file: fetchDir + "judge.go", old: "err != nil || len(fleet) > 0 {", new: "err != nil {"},
	{rule: "5 guard", file: fetchDir + "guard.go", old: "(was-now)*100 > g.MaxDropPercent*was", new: "(was-now)*100 >= g.MaxDropPercent*was"},
	{rule: "5 guard", file: fetchDir + "guard.go", old: "was-now >= minGuardedUnits", new: "was-now > minGuardedUnits"},
	{rule: "5 guard", file: fetchDir + "guard.go", old: "(now-was)*100 > g.MaxRisePercent*was", new: "(now-was)*100 >= g.MaxRisePercent*was"},
	{rule: "5 guard", file: fetchDir + "guard.go", old: "now-was >= minGuardedUnits", new: "now-was > minGuardedUnits"},
	{rule: "5 guard", file: fetchDir + "guard.go", old: "was >= minGuardedItems && named && items == 0", new: "was > minGuardedItems && named && items == 0"},
	{rule: "5 guard", file: fetchDir + "guard.go", old: "was >= minGuardedItems && named && items == 0", new: "was >= minGuardedItems && (named || true) && items == 0"},
	{rule: "5 guard", file: fetchDir + "guard.go", old: "		if !s.Ruled || s.Retired {", new: "		if !s.Ruled {"},
	{rule: "5 guard", file: fetchDir + "guard.go", old: "!listed && then.Items > 0 {", new: "!listed && then.Items > 1 {"},
	{rule: "5 guard", file: fetchDir + "guard.go", old: "if c.Reason != ReasonUnruled && c.Reason != ReasonLeftOut {", new: "if c.Reason != ReasonUnruled {"},
	{rule: "5 guard", file: fetchDir + "decide.go", old: "	if !r.base.ObservedAt.IsZero() {", new: "	if r.base.ObservedAt.IsZero() {"},
	{rule: "5 guard", file: fetchDir + "decide.go", old: "	holds := append(takenBack(changes), r.narrowed(&now)...)", new: "	holds := r.narrowed(&now)"},
	{rule: "5 compared with", file: fetchDir + "decide.go", old: "	if out.messages == 0 {", new: "	if true {"},
	{rule: "5 compared with", file: ledgerDir + "tally.go", old: "	if definite && r.Baseline != nil {", new: "	if r.Baseline != nil {"},
	{rule: "5 compared with", file: ledgerDir + "tally.go", old: "docs[0].Version == 0 || definite && !t.Moved {", new: "docs[0].Version == 0 {"},
	{rule: "5 compared with", file: ledgerDir + "runs.go", old: "		if b.ObservedAt.After(known.ObservedAt) {", new: "		if true {"},
	{rule: "5 rights", file: fetchDir + "rights.go", old: "autotask.Access(before) == autotask.AccessAll && access != autotask.AccessAll {", new: "false {"},
	{rule: "5 rights", file: fetchDir + "rights.go", old: "		if access == autotask.AccessUnknown {", new: "		if false {"},
	{rule: "5 observe", file: fetchDir + "judge.go", old: "	if observes {\n		return nil", new: "	if false {\n		return nil"},
	{rule: "5 observe", file: usageDir + "stage.go", old: "	if s.Silent != \"\" {", new: "	if false {"},
	{rule: "5 observe", file: accountsDir + "stage.go", old: "		case s.Silent != \"\":", new: "		case false:"},
}

// ordering: never older over newer (rule 6), set and do not add (rule 7).
var ordering = []mutant{
	{rule: "6 never older", file: ledgerDir + "tell.go", old: "		if a.Intent.supersedes(runID, observedAt) {", new: "		if false {"},
	{rule: "6 never older", file: ledgerDir + "tell.go", old: "			if before.State == MaybeTold && before.ObservedAt.After(observedAt) {", new: "			if false {"},
	{rule: "6 never older", file: ledgerDir + "tell.go", old: "			if before.State == Told && !before.ObservedAt.Before(observedAt) {", new: "			if before.State == Told && before.ObservedAt.Before(observedAt) {"},
	{rule: "6 never older", file: ledgerDir + "tell.go", old: "		if before.State != Told || a.Intent == nil || a.Intent.ObservedAt.After(before.ObservedAt) {", new: "		if before.State != Told || a.Intent == nil {"},
	{rule: "6 never older", file: ledgerDir + "account.go", old: "		if a.NameIntent.supersedes(runID, observedAt) {", new: "		if false {"},
	{rule: "6 never older", file: ledgerDir + "account.go", old: "(i.ObservedAt.After(observedAt) || i.ObservedAt.Equal(observedAt) && i.RunID != runID)", new: "(i.ObservedAt.After(observedAt))"},
	{rule: "6 never older", file: usageDir + "stage.go", old: "	if ledger.FromNowhere(m.ObservedAt, w.issued, w.Now()) {", new: "	if false {"},
	{rule: "6 never older", file: accountsDir + "stage.go", old: "		case ledger.FromNowhere(m.ObservedAt, issued, s.Now()):", new: "		case issued.IsZero() && false:"},
	{rule: "6 never older", file: ledgerDir + "run.go", old: "	return observedAt.After(issued) && observedAt.After(now.Add(behindTolerance))", new: "	return observedAt.After(now.Add(behindTolerance))"},
	{rule: "6 never older", file: ledgerDir + "run.go", old: "	if now.After(h.Issued) {\n		h.Issued = now", new: "	if !now.IsZero() {\n		h.Issued = now"},
	{rule: "6 never older", file: accountsDir + "services.go", old: "	if known.Intent != nil && known.Intent.ObservedAt.After(m.ObservedAt) {", new: "	if false {"},
	{rule: "6 lease", file: ledgerDir + "run.go", old: "h.Lease.RunID != runID && now.Before(h.Lease.Until)", new: "false && now.Before(h.Lease.Until)"},
	{rule: "6 lease", file: ledgerDir + "run.go", old: "now.Before(h.Lease.Until) && h.Lease.Until.Sub(now) <= leaseFor", new: "now.Before(h.Lease.Until)"},
	{rule: "6 lease", file: ledgerDir + "account.go", old: "			writes = append(writes, Write{Key: headKey, IfVersion: held.version, Check: true})", new: ""},
	{rule: "6 lease", file: fetchDir + "decide.go", old: "		if s.Intent != nil && s.Intent.ObservedAt.After(r.held.ObservedAt) {", new: "		if false {"},
	{rule: "6 intent", file: fetchDir + "queue.go", old: "	case plan.tells():\n		open := intent\n		a.Intent = &open", new: "	case plan.tells():"},
	{rule: "6 intent", file: fetchDir + "plan.go", old: "	case a.OpenIntent():\n		return ReasonOpen", new: "	case a.OpenIntent():\n		return \"\""},
	{rule: "6 intent", file: ledgerDir + "tell.go", old: "		if ended && a.Intent != nil && a.Intent.ObservedAt.Equal(t.ObservedAt) {", new: "		if a.Intent != nil && a.Intent.ObservedAt.Equal(t.ObservedAt) {"},
	{rule: "7 set", file: fetchDir + "queue.go", old: "counts[c.Service] = c.To", new: "counts[c.Service] += c.To + 1"},
}
