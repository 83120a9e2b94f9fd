package main

// deciding: the operator's hand (mode, hold, approval, release, a company's own guard) and the hour's budget.
var deciding = []mutant{
	{rule: "mode", file: ledgerDir + "hand.go", old: "	if h.Mode.Mode != \"\" {", new: "	if false {", aside: true},
	{rule: "mode", file: fetchDir + "event.go", old: "		if !known {\n			return", new: "		if !known && false {\n			return", aside: true},
	{rule: "mode", file: fetchDir + "event.go", old: "twice := (*f)[name]; twice {", new: "twice := (*f)[name]; twice && false {", aside: true},
	{rule: "hold", file: ledgerDir + "hand.go", old: "	case h.Hold.On:", new: "	case false:", aside: true},
	{rule: "hold", file: fetchDir + "judge.go", old: "	if hand := r.hand.Hold; hand.On {", new: "	if hand := r.hand.Hold; false {", aside: true},
	{rule: "approve", file: fetchDir + "approval.go", old: "h.Company == \"\" && !held.Base.Equal(r.base.ObservedAt) {", new: "false {", aside: true},
	{rule: "approve", file: fetchDir + "approval.go", old: "if held.Approved == nil || !ok ||", new: "if !ok ||", aside: true},
	{rule: "approve", file: fetchDir + "approval.go", old: "max(approvalUnits, approved.Now*approvalPercent/100)", new: "max(approvalUnits, approved.Now*approvalPercent/10)", aside: true},
	{rule: "approve", file: fetchDir + "approval.go", old: "	if far := distance(approved.Now, now.Now); far > margin {", new: "	if far := distance(approved.Now, now.Now); far >= margin {", aside: true},
	{rule: "approve", file: fetchDir + "approval.go", old: "	if len(approved.Spread) != len(now.Spread) {", new: "	if true {", aside: true},
	{rule: "approve", file: ledgerDir + "held.go", old: "		case h.RunID != runID:", new: "		case false:", aside: true},
	{rule: "approve", file: ledgerDir + "held.go", old: "(len(now.Holds) > 0 || now.Hand || len(h.Holds) > 0 || h.Hand)", new: "(len(now.Holds) > 0 || now.Hand)", aside: true},
	{rule: "release", file: fetchDir + "plan.go", old: "	if _, ended := p.released[plan.id]; ended && !c.leftOut {", new: "	if _, ended := p.released[plan.id]; ended && false {", aside: true},
	{rule: "release", file: fetchDir + "released.go", old: "		case here && release.Gone:", new: "		case here:", aside: true},
	{rule: "release", file: fetchDir + "released.go", old: "|| !pair.MayStandAboveZero() ||", new: "||", aside: true},
	{rule: "release", file: ledgerDir + "release.go", old: "			r.Gone = true", new: "", aside: true},
	{rule: "company guard", file: fetchDir + "company_guard.go", old: "(was-now)*100 > g.MaxCompanyDropPercent*was", new: "(was-now)*100 >= g.MaxCompanyDropPercent*was", aside: true},
	{rule: "company guard", file: fetchDir + "company_guard.go", old: "was-now >= minCompanyUnits", new: "was-now > minCompanyUnits", aside: true},
	{rule: "company guard", file: fetchDir + "plan.go", old: "	if p.heldBack[plan.id] {", new: "	if false {", aside: true},
	{rule: "company types", file: fetchDir + "plan.go", old: "plan.wanted = c.active && !c.leftOut && c.other == \"\" && c.total() > 0", new: "plan.wanted = c.active && !c.leftOut && c.total() > 0", aside: true},
	{rule: "budget", file: autotaskDir + "budget.go", old: "	return max(0, s.whole(s.budget.Used-s.own)-s.own)", new: "	return s.whole(s.budget.Used)", aside: true},
	{rule: "budget", file: autotaskDir + "budget.go", old: "used = s.left(c.Requests()) <= 0", new: "used = s.left(c.Requests()) < -5", aside: true},
	{rule: "budget", file: autotaskDir + "budget.go", old: "	return max(0, s.budget.Limit-others) * min(s.percent, 100) / 100", new: "	return max(0, s.budget.Limit-others)", aside: true},
}
