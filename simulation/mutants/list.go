package main

// mutant is one place of the shipped source, made wrong.
type mutant struct {
	rule string // the rule that it breaks
	file string
	old  string // stands in the file once
	new  string
}

const (
	fetchDir    = "functions/fetch-configurations/fetch/"
	accountsDir = "functions/sync-accounts/accounts/"
	usageDir    = "functions/sync-usage/usage/"
	ledgerDir   = "shared/ledger/"
)

var mutants = []mutant{
	// A complete read or nothing.
	{"1 complete read", fetchDir + "fleet.go", "f.units[companyID][c.Service] += n", "f.units[companyID][c.Service] = n"},
	{"1 complete read", fetchDir + "fleet.go", "		if seen[c.Service] {\n			continue", "		if seen[c.Service] && false {\n			continue"},
	{"1 complete read", "shared/autotask/client.go", "if answer.QueryCount == nil || *answer.QueryCount < 0 {", "if false {"},
	{"1 complete read", "shared/autotask/client.go", "	if texts := into.refused(); len(texts) > 0 {\n		return &refusalError{texts}\n	}", ""},
	{"1 complete read", "shared/autotask/items.go", "[]Filter{Eq(fieldActive, true)}", "[]Filter{}"},
	{"1 complete read", "shared/autotask/repair.go", "		if agrees(read, before, after) && len(doubtful) == 0 {", "		if true {"},
	{"1 complete read", "shared/autotask/walk.go", "	for len(rows) > 0 && rows[len(rows)-1].id > l.upTo {", "	for false {"},
	// A refusal is not tried twice.
	{"2 refusal", "shared/vendorapi/gate.go", "	if !changed {\n		why.Lookup = err", "	if !changed && false {\n		why.Lookup = err"},
	{"2 refusal", "shared/vendorapi/gate.go", "	case p.generation > 0:\n", "	case p.generation > 5:\n"},
	{"2 refusal", "shared/vendorapi/gate.go", "		case unproved:\n			g.become(alone)", "		case unproved:\n			g.become(proved)"},
	{"2 refusal", ledgerDir + "refusal.go", "r.SecretVersion == secretVersion && (", "r.SecretVersion != secretVersion && ("},
	// The ledger knows what it does not know.
	{"3 maybe told", ledgerDir + "pair.go", "	if _, open := p.Open[token]; !open || p.State != MaybeTold {\n		return p\n	}\n	next := p", "	next := p"},
	{"3 maybe told", ledgerDir + "pair.go", "	if len(next.Open) > 0 || p.Prior == nil {\n		return next\n	}\n	return *p.Prior", "	if p.Prior == nil {\n		return next\n	}\n	return *p.Prior"},
	{"3 maybe told", ledgerDir + "pair.go", "if other.ObservedAt.Before(at) && other.mayArrive(now, lives) {", "if false && other.mayArrive(now, lives) {"},
	{"3 maybe told", ledgerDir + "pair.go", "	if p.State != MaybeTold || p.ServiceID != c.Service.ID || p.ObservedAt.After(at) {\n		return p //", "	if false {\n		return p //"},
	{"3 maybe told", ledgerDir + "tell.go", "	case r.Answer == Unclear || !r.Definite && r.Answer != NotSent:", "	case r.Answer == Unclear && r.Answer != Unclear:"},
	{"3 maybe told", ledgerDir + "tell.go", "		if a.Incarnation == t.incarnation {", "		if true {"},
	{"3 maybe told", usageDir + "tell.go", "	case synthesize.Unclear:\n		answer = ledger.Unclear", "	case synthesize.Unclear:\n		answer = ledger.Accepted"},
	{"3 unknown", ledgerDir + "pair.go", "	if (p.State == Told || p.State == MaybeTold) && id != p.ServiceID {", "	if false && id != p.ServiceID {"},
	{"3 unknown", ledgerDir + "account.go", "	if !known && a.Adopted && s.Adopted {", "	if !known && false {"},
	{"3 unknown", ledgerDir + "account.go", "		if p.State == Told || p.State == MaybeTold || p.State == Unknown {\n			p = p.unknown()\n		}\n", ""},
	// Zero is a count.
	{"4 zero", fetchDir + "plan.go", "	case units == 0 && pair.Units > 0:\n		return ReasonGone", "	case units == 0 && pair.Units > 0:\n		return \"\""},
	{"4 zero", fetchDir + "plan.go", "	if !c.visible {\n		// Its", "	if false {\n		// Its"},
	{"4 zero", ledgerDir + "pair.go", "return p.State == MaybeTold || p.State == Unknown ||", "return p.State == Unknown ||"},
	// The guard.
	{"5 guard", fetchDir + "decide.go", "	if len(holds) > 0 && !r.event.Force {\n		r.hold(holds)\n		return nil\n	}", "	if len(holds) > 0 && !r.event.Force {\n		r.hold(holds)\n	}"},
	{"5 guard", fetchDir + "guard.go", "(was-now)*100 > g.MaxDropPercent*was", "(was-now)*100 >= g.MaxDropPercent*was"},
	{"5 guard", fetchDir + "guard.go", "was-now >= minGuardedUnits", "was-now > minGuardedUnits"},
	{"5 observe", fetchDir + "decide.go", "	if r.Mode == ModeObserve || r.event.DryRun {", "	if r.event.DryRun {"},
	// Never older over newer.
	{"6 never older", ledgerDir + "tell.go", "		if a.Intent != nil && a.Intent.ObservedAt.After(observedAt) {", "		if false {"},
	{"6 never older", ledgerDir + "tell.go", "			if before.State == MaybeTold && before.ObservedAt.After(observedAt) {", "			if false {"},
	{"6 never older", ledgerDir + "tell.go", "			if before.State == Told && !before.ObservedAt.Before(observedAt) {", "			if before.State == Told && before.ObservedAt.Before(observedAt) {"},
	{"6 never older", ledgerDir + "run.go", "		if !issued.After(h.Issued) {\n			issued = h.Issued.Add(time.Millisecond)\n		}", ""},
	{"6 lease", ledgerDir + "run.go", "h.Lease.RunID != runID && now.Before(h.Lease.Until)", "false && now.Before(h.Lease.Until)"},
	{"6 lease", ledgerDir + "account.go", "			writes = append(writes, Write{Key: headKey, IfVersion: held.version, Check: true})", ""},
	{"6 intent", fetchDir + "queue.go", "	case plan.tells():\n		open := intent\n		a.Intent = &open", "	case plan.tells():"},
	{"6 intent", fetchDir + "plan.go", "	case a.OpenIntent():\n		return ReasonOpen", "	case a.OpenIntent():\n		return \"\""},
	// Set, do not add. One rebuild. Only what changed, and all of it daily.
	{"7 set", fetchDir + "queue.go", "counts[c.Service] = c.To", "counts[c.Service] += c.To + 1"},
	{"9 rebuild", usageDir + "rebuild.go", "	debts := older\n	if w.due {", "	debts := older\n	if false {"},
	{"9 rebuild", usageDir + "rebuild.go", "	if w.owed && !w.due {", "	if w.owed {"},
	{"10 daily", fetchDir + "plan.go", "return age >= p.refreshAfter || age < -clockTolerance", "return age < -clockTolerance"},
	{"10 daily", fetchDir + "plan.go", "return age >= p.refreshAfter || age < -clockTolerance", "return age >= p.refreshAfter"},
	// Unmapped is not failed.
	{"8 unmapped", fetchDir + "plan.go", "	case pair.State == ledger.Never && pair.NoMap:\n		return ReasonUnmapped", "	case pair.State == ledger.Never && pair.NoMap:\n		return \"\""},
	{"8 unmapped", ledgerDir + "tell.go", "		return p.refused(t.Token).unmapped(c.Units, now)", "		return p.accepted(t, c, now, l.AttemptLives)"},
	// Services are made once.
	{"11 services", accountsDir + "services.go", "		if service.Making != nil && service.Making.Token != token && s.alive(service.Making.Since) {", "		if false {"},
	{"11 services", accountsDir + "services.go", "	if takenOver {\n", "	if false {\n"},
	{"11 services", accountsDir + "services.go", "		vendor, listErr := s.Synthesize.Vendor(ctx)\n		if listErr != nil {", "		vendor, listErr := s.Synthesize.Vendor(ctx)\n		s.unclaim(ctx, service)\n		if listErr != nil {"},
	{"11 services", accountsDir + "services.go", "a.Wanted && !a.Exists && a.Incarnation > 0", "false && a.Incarnation > 0"},
	{"11 services", usageDir + "stage.go", "	if w.services.LookedAt.Before(m.ObservedAt) {", "	if false {"},
	{"11 services", ledgerDir + "services.go", "		if list[i].ID != \"\" && list[i].ID == earlier.ID && !byID[list[i].ID] {", "		if false {"},
	// Nothing lost.
	{"13 nothing lost", "shared/queue/sqsevent/consumer.go", "	if err := c.DeadLetters.Bury(ctx, r, f.Err.Error()); err != nil {", "	if err := c.DeadLetters.Bury(ctx, r, f.Err.Error()); false {"},
	{"13 nothing lost", "shared/queue/sqsevent/consumer.go", "		response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: f.ID})", ""},
	{"13 nothing lost", "shared/queue/worker.go", "		for _, later := range group[n+1:] {\n			verdicts[later] = behind\n		}\n		return", "		continue"},
	{"13 nothing lost", fetchDir + "queue.go", "	if err := s.UsageQueue.Send(ctx, usage); err != nil {", "	if err := s.UsageQueue.Send(ctx, usage); false {"},
	{"limits", "shared/autotask/client.go", "inFlightPerEntity = 2", "inFlightPerEntity = 3"},
	{"limits", "shared/vendorapi/limits.go", "if l.config.PerKey > 0 && w.key != \"\" && l.perKey[w.key] >= l.config.PerKey {", "if false {"},
}
