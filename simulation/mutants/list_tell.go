package main

// telling: unmapped is not failed (rule 8), one rebuild (rule 9), only what changed and all of it daily (rule 10).
var telling = []mutant{
	{rule: "8 unmapped", file: fetchDir + "plan.go", old: "	case pair.State == ledger.Never && pair.NoMap:\n		return ReasonUnmapped", new: "	case pair.State == ledger.Never && pair.NoMap:\n		return \"\""},
	{rule: "8 unmapped", file: ledgerDir + "tell.go", old: "		return p.refused(t.Token).unmapped(c.Units, now)", new: "		return p.accepted(t, c, false, now, l.AttemptLives)"},
	{rule: "8 unmapped", file: synthesizeDir + "answer.go", old: "	return a.Status == http.StatusNotFound && noMap.MatchString(message)", new: "	return noMap.MatchString(message)"},
	{rule: "8 lost", file: ledgerDir + "pair.go", old: "return p.NoMap && p.EverTold }", new: "return p.NoMap && p.EverTold && p.State == Told }"},
	{rule: "8 lost", file: usageDir + "tell.go", old: "			if c.Before.EverTold && !t.Account.Released {", new: "			if false {"},
	{rule: "8 lost", file: usageDir + "tell.go", old: "c.Before.EverTold && !t.Account.Released {", new: "c.Before.EverTold {", aside: true},
	{rule: "8 lost", file: fetchDir + "attention.go", old: "	if ended || c.visible {", new: "	if !ended && c.visible {", aside: true},
	{rule: "8 lost", file: fetchDir + "attention.go", old: "		case !a.Exists, s.ID == \"\" && (zero || s.Retired): // nothing is posted", new: "		case !a.Exists:", aside: true},
	{rule: "8 lost", file: fetchDir + "attention.go", old: "		if plan.released {\n			change", new: "		if false {\n			change", aside: true},
	{rule: "8 faults", file: synthesizeDir + "answer.go", old: "	case a.Status == http.StatusNotFound && strings.Contains(strings.ToLower(message), \"vendor profile not found\"):\n		return vendorapi.Fault", new: "	case a.Status == http.StatusNotFound && strings.Contains(strings.ToLower(message), \"vendor profile not found\"):\n		return vendorapi.Declined"},
	{rule: "8 faults", file: usageDir + "tell.go", old: "			w.refused(ctx, log, m, out.Err)\n			break", new: "			w.refused(ctx, log, m, out.Err)"},
	{rule: "9 rebuild", file: usageDir + "rebuild.go", old: "	debts := older\n	if w.due {", new: "	debts := older\n	if false {"},
	{rule: "9 rebuild", file: usageDir + "rebuild.go", old: "	if w.owed && !w.due {", new: "	if w.owed {"},
	{rule: "9 rebuild", file: usageDir + "rebuild.go", old: "		w.oweErr = w.Ledger.OweRebuild(ctx, w.token)", new: "		w.oweErr = nil"},
	{rule: "9 rebuild", file: usageDir + "rebuild.go", old: "	if build || out.Result != synthesize.Accepted && out.Definite {", new: "	if build || out.Result != synthesize.Accepted {"},
	{rule: "9 rebuild", file: usageDir + "tell.go", old: "		build := last && i == len(t.Counts)-1", new: "		build := i == len(t.Counts)-1"},
	{rule: "9 rebuild", file: fetchDir + "decide.go", old: "	if err != nil || len(owed) == 0 {", new: "	if err != nil || len(owed) >= 0 {"},
	{rule: "9 rebuild", file: ledgerDir + "rebuild.go", old: "age >= workerLives || age < -workerLives {", new: "age >= workerLives {"},
	{rule: "9 rebuild", file: ledgerDir + "rebuild.go", old: "		if age < 2*lives && age > -2*lives {", new: "		if age < 2*lives || true {", aside: true},
	{rule: "9 rebuild", file: ledgerDir + "rebuild.go", old: "			keep = token\n			continue\n", new: "", aside: true},
	{rule: "10 daily", file: fetchDir + "plan.go", old: "return age >= p.refreshAfter || age < -clockTolerance", new: "return age < -clockTolerance"},
	{rule: "10 daily", file: fetchDir + "plan.go", old: "return age >= p.refreshAfter || age < -clockTolerance", new: "return age >= p.refreshAfter"},
	{rule: "10 only what changed", file: fetchDir + "plan.go", old: "	case units != pair.Units:\n		return ReasonChanged", new: "	case units >= 0:\n		return ReasonChanged"},
	{rule: "10 full", file: fetchDir + "plan.go", old: "	case p.full:\n		return ReasonFull", new: "	case false:\n		return ReasonFull"},
}
