package main

// reading: a complete read or nothing (rule 1), and what is counted.
var reading = []mutant{
	{rule: "1 complete read", file: fetchDir + "fleet.go", old: "f.units[companyID][c.Service] += n", new: "f.units[companyID][c.Service] = n"},
	{rule: "1 complete read", file: fetchDir + "fleet.go", old: "		if seen[c.Service] {\n			continue", new: "		if seen[c.Service] && false {\n			continue"},
	{rule: "1 complete read", file: fetchDir + "fleet.go", old: "case companyID == ownCompany && !includeOwn:", new: "case companyID == ownCompany && includeOwn:"},
	{rule: "1 complete read", file: autotaskDir + "client.go", old: "if answer.QueryCount == nil || *answer.QueryCount < 0 {", new: "if false {"},
	{rule: "1 complete read", file: autotaskDir + "client.go", old: "	if texts := into.refused(); len(texts) > 0 {\n		return &refusalError{texts}\n	}", new: ""},
	{rule: "1 complete read", file: autotaskDir + "decode.go", old: "return p.rows == 0 || p.rows < pageSize && !p.more", new: "return p.rows == 0 || p.rows < pageSize || !p.more"},
	{rule: "1 complete read", file: autotaskDir + "items.go", old: "[]Filter{Eq(fieldActive, true)}", new: "[]Filter{}"},
	{rule: "1 complete read", file: autotaskDir + "list.go", old: "return read >= min(before, after) && read <= max(before, after)", new: "return read <= max(before, after)"},
	{rule: "1 complete read", file: autotaskDir + "list.go", old: "		if agrees(read, before, after) {\n			return rows, nil", new: "		if true {\n			return rows, nil"},
	{rule: "1 complete read", file: autotaskDir + "repair.go", old: "		if agrees(read, before, after) && len(doubtful) == 0 {", new: "		if true {"},
	{rule: "1 complete read", file: autotaskDir + "repair.go", old: "		if agrees(read, before, after) && len(doubtful) == 0 {", new: "		if agrees(read, before, after) {"},
	{rule: "1 complete read", file: autotaskDir + "repair.go", old: "	if whole.rows != before {", new: "	if false {"},
	{rule: "1 complete read", file: autotaskDir + "row.go", old: "		if seen != hasAll {", new: "		if false {"},
	{rule: "1 complete read", file: autotaskDir + "row.go", old: "	case id <= last:", new: "	case false:"},
	{rule: "1 complete read", file: autotaskDir + "row.go", old: "	case id <= within.after || id > within.upTo:", new: "	case false:"},
	{rule: "1 complete read", file: autotaskDir + "segment.go", old: "		if seg.after != at {", new: "		if seg.after > at {"},
	{rule: "1 complete read", file: autotaskDir + "segment.go", old: "			p.add(x.cell, x.items+y.items)", new: "			p.add(x.cell, x.items)"},
	{rule: "1 complete read", file: autotaskDir + "walk.go", old: "	for len(rows) > 0 && rows[len(rows)-1].id > l.upTo {", new: "	for false {"},
	{rule: "1 complete read", file: autotaskDir + "walk.go", old: "span{startAt[0], everything.upTo}", new: "span{startAt[0] + 1, everything.upTo}"},
	{rule: "vendor's limits", file: autotaskDir + "client.go", old: "inFlightPerEntity = 2", new: "inFlightPerEntity = 3"},
	{rule: "vendor's limits", file: vendorDir + "limits.go", old: "if w.key != \"\" && (l.config.PerKey > 0 && l.perKey[w.key] >= l.config.PerKey || l.lateFull(w.key)) {", new: "if false {"},
	{rule: "vendor's limits", file: vendorDir + "limits.go", old: "	if config.PerSecond > 0 {", new: "	if false {"},
	{rule: "vendor's limits", file: vendorDir + "do.go", old: "		c.limits.slower(begun)", new: ""},
}

// refusing: a refusal is not tried twice (rule 2), and credentials go to the vendor alone.
var refusing = []mutant{
	{rule: "2 refusal", file: vendorDir + "gate.go", old: "	if !changed {\n		why.Lookup = err", new: "	if !changed && false {\n		why.Lookup = err"},
	{rule: "2 refusal", file: vendorDir + "gate.go", old: "	case p.generation > 0:\n", new: "	case p.generation > 5:\n"},
	{rule: "2 refusal", file: vendorDir + "gate.go", old: "		case unproved:\n			g.become(alone)", new: "		case unproved:\n			g.become(proved)"},
	{rule: "2 refusal", file: ledgerDir + "refusal.go", old: "r.SecretVersion == secretVersion && (", new: "r.SecretVersion != secretVersion && ("},
	{rule: "2 refusal", file: ledgerDir + "refusal.go", old: "(r.RunID == runID || !r.ObservedAt.Before(observedAt))", new: "(r.RunID == runID)"},
	{rule: "2 refusal", file: usageDir + "stage.go", old: "ledger.Synthesize, m.RunID, m.ObservedAt, version); err != nil {", new: "ledger.Synthesize, m.RunID, m.ObservedAt, version); false {"},
	{rule: "2 refusal", file: accountsDir + "stage.go", old: "		if fresh == version {", new: "		if fresh == version && false {"},
	{rule: "2 refusal", file: fetchDir + "stage.go", old: "			return errors.Join(err, r.noteRefusal(ctx, err))", new: "			return err"},
	{rule: "2 credentials", file: autotaskDir + "zone.go", old: "strings.HasSuffix(host, \".autotask.net\")", new: "strings.HasSuffix(host, \"autotask.net\")", aside: true},
	{rule: "2 credentials", file: autotaskDir + "zone.go", old: "	case u.Scheme != \"https\":", new: "	case false:", aside: true},
	{rule: "2 credentials", file: vendorDir + "errors.go", old: "		if strings.Contains(text, secret) {", new: "		if false {", aside: true},
}
