package main

// knowing: the ledger knows what it does not know (rule 3), zero is a count (rule 4).
var knowing = []mutant{
	{rule: "3 maybe told", file: ledgerDir + "pair.go", old: "	if _, open := p.Open[token]; !open || p.State != MaybeTold {\n		return p\n	}\n	next := p", new: "	next := p"},
	{rule: "3 maybe told", file: ledgerDir + "pair.go", old: "	if len(next.Open) > 0 || p.Prior == nil {\n		return next\n	}\n	return *p.Prior", new: "	if p.Prior == nil {\n		return next\n	}\n	return *p.Prior"},
	{rule: "3 maybe told", file: ledgerDir + "pair.go", old: "if other.ObservedAt.Before(at) && other.mayArrive(now, lives) {", new: "if false && other.mayArrive(now, lives) {"},
	{rule: "3 maybe told", file: ledgerDir + "pair.go", old: "	if p.State != MaybeTold || p.ServiceID != c.Service.ID || p.ObservedAt.After(at) {\n		return p //", new: "	if false {\n		return p //"},
	{rule: "3 maybe told", file: ledgerDir + "pair.go", old: "	a.Answered = !late", new: "	a.Answered = true"},
	{rule: "3 maybe told", file: ledgerDir + "tell.go", old: "	case r.Answer == Unclear || !r.Definite && r.Answer != NotSent:", new: "	case r.Answer == Unclear && r.Answer != Unclear:"},
	{rule: "3 maybe told", file: ledgerDir + "tell.go", old: "	case r.Answer == Unclear || !r.Definite && r.Answer != NotSent:", new: "	case r.Answer == Unclear:"},
	{rule: "3 maybe told", file: ledgerDir + "tell.go", old: "		if a.Incarnation == t.incarnation {", new: "		if true {"},
	{rule: "3 maybe told", file: usageDir + "tell.go", old: "	case synthesize.Unclear:\n		answer = ledger.Unclear", new: "	case synthesize.Unclear:\n		answer = ledger.Accepted"},
	{rule: "3 maybe told", file: usageDir + "tell.go", old: "context.WithTimeout(context.WithoutCancel(ctx), finishTime)", new: "context.WithTimeout(ctx, finishTime)"},
	{rule: "3 maybe told", file: synthesizeDir + "count.go", old: "Definite: !unclear,", new: "Definite: true,"},
	{rule: "3 maybe told", file: vendorDir + "attempt.go", old: "	res.unclear = res.verdict == RetryUnclear\n", new: ""},
	{rule: "3 maybe told", file: vendorDir + "attempt.go", old: "unclear: !notSent, reason", new: "unclear: false, reason"},
	{rule: "3 maybe told", file: vendorDir + "do.go", old: "	c.unclear = c.unclear || last.unclear", new: "	c.unclear = last.unclear"},
	{rule: "3 unknown", file: ledgerDir + "pair.go", old: "	if (p.State == Told || p.State == MaybeTold) && id != p.ServiceID {", new: "	if false && id != p.ServiceID {"},
	{rule: "3 unknown", file: ledgerDir + "account.go", old: "	if p.State == Never && a.Adopted && s.Adopted && !p.NoMap {", new: "	if false {"},
	{rule: "3 unknown", file: ledgerDir + "account.go", old: "		if p.State == Told || p.State == MaybeTold || p.State == Unknown {\n			p = p.unknown()\n		}\n", new: ""},
	{rule: "4 zero", file: fetchDir + "plan.go", old: "	case units == 0 && pair.Units > 0:\n		return ReasonGone", new: "	case units == 0 && pair.Units > 0:\n		return \"\""},
	{rule: "4 zero", file: fetchDir + "plan.go", old: "	if !c.visible {\n		// Its", new: "	if false {\n		// Its"},
	{rule: "4 zero", file: fetchDir + "plan.go", old: "	case change.To == 0 && !mayStand && !(p.full && (pair.State == ledger.Told || a.Exists)):", new: "	case false:"},
	{rule: "4 zero", file: ledgerDir + "pair.go", old: "return p.State == MaybeTold || p.State == Unknown ||", new: "return p.State == Unknown ||"},
	{rule: "4 zero", file: ledgerDir + "pair.go", old: "return p.State == MaybeTold || p.State == Unknown ||", new: "return p.State == MaybeTold ||"},
}
