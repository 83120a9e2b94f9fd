package main

// making: services are made once, every run looks (rule 11), one tenant and one ledger (rule 12).
var making = []mutant{
	{rule: "11 services", file: accountsDir + "services.go", old: "		if service.Making != nil && service.Making.Token != token && s.underWay(service.Making) {", new: "		if false {"},
	{rule: "11 services", file: accountsDir + "services.go", old: " || (!m.Reported || ahead) && !locked.IsZero() && s.alive(locked)\n", new: " || false && ahead && s.alive(locked)\n"},
	{rule: "11 services", file: accountsDir + "services.go", old: "Since: s.Now().UTC(), Reported: true}", new: "Since: service.Making.Since, Reported: true}"},
	{rule: "11 services", file: accountsDir + "services.go", old: "	if takenOver {\n", new: "	if false {\n"},
	{rule: "11 services", file: accountsDir + "services.go", old: "		vendor, listErr := s.Synthesize.Vendor(ctx)\n		if listErr != nil {", new: "		vendor, listErr := s.Synthesize.Vendor(ctx)\n		s.unclaim(ctx, service)\n		if listErr != nil {"},
	{rule: "11 services", file: accountsDir + "services.go", old: "a.Wanted && !a.Exists && a.Incarnation > 0", new: "false && a.Incarnation > 0"},
	{rule: "11 services", file: accountsDir + "services.go", old: "		if service.ID != \"\" {\n			return nil\n		}\n", new: ""},
	{rule: "11 services", file: accountsDir + "services.go", old: "	if other, stands := standsAs(look, wanted.Name); stands {", new: "	if other, stands := standsAs(look, wanted.Name); stands && false {"},
	{rule: "11 services", file: accountsDir + "services.go", old: "		missing = nil\n", new: ""},
	{rule: "11 services", file: accountsDir + "services.go", old: "	if look.Organization.Status == synthesize.Inactive {", new: "	if look.Organization.Status != synthesize.Pending {"},
	{rule: "11 services", file: vendorDir + "do.go", old: "	case c.request.Once && c.unclear:", new: "	case false:"},
	{rule: "11 services", file: ledgerDir + "services.go", old: "		if list[i].ID != \"\" && list[i].ID == earlier.ID && !byID[list[i].ID] {", new: "		if false && list[i].ID == earlier.ID {"},
	{rule: "11 services", file: ledgerDir + "services.go", old: "			at = find(list, r.Formerly)\n", new: ""},
	{rule: "11 waits", file: usageDir + "stage.go", old: "	if w.services.LookedAt.Before(m.ObservedAt) {", new: "	if false {"},
	{rule: "11 waits", file: usageDir + "stage.go", old: "	if !a.Exists && a.NameIntent != nil && !a.NameIntent.Ended && a.NameIntent.ObservedAt.Equal(m.ObservedAt) {", new: "	if !a.Exists && false {"},
	{rule: "11 waits", file: accountsDir + "make.go", old: "	if services.LookedAt.Before(m.ObservedAt) {", new: "	if services.LookedAt.Before(m.ObservedAt) && false {"},
	{rule: "11 accounts", file: accountsDir + "make.go", old: "			if a.Making != nil && s.alive(a.Making.Since) {", new: "			if false {"},
	{rule: "11 accounts", file: accountsDir + "look.go", old: "k.Exists && !stands {", new: "k.Exists && !stands && false {"},
	{rule: "11 accounts", file: accountsDir + "look.go", old: "		} else if a.Incarnation == gone[a.ID] {", new: "		} else {"},
	{rule: "12 one tenant", file: ledgerDir + "tenant.go", old: "	return t.Database != seen.Database && (t.Name", new: "	return t.Database != seen.Database || (t.Name"},
	{rule: "12 one tenant", file: ledgerDir + "tenant.go", old: "		case bound.another(seen):", new: "		case false:"},
	{rule: "12 one tenant", file: ledgerDir + "tenant.go", old: "(t.Name != seen.Name || t.Name == \"\")", new: "t.Name != seen.Name"},
	{rule: "12 one tenant", file: ledgerDir + "tenant.go", old: "(bound.OrganizationID != seen.OrganizationID || bound.VendorID != seen.VendorID)", new: "(bound.OrganizationID != seen.OrganizationID && bound.VendorID != seen.VendorID)"},
	{rule: "12 one tenant", file: ledgerDir + "tenant.go", old: "		if a.Exists || len(a.Pairs) > 0 {", new: "		if false {"},
}

// delivering: nothing lost (rule 13).
var delivering = []mutant{
	{rule: "13 nothing lost", file: queueDir + "sqsevent/consumer.go", old: "	if err := c.DeadLetters.Bury(ctx, r, f.Err.Error()); err != nil {", new: "	if err := c.DeadLetters.Bury(ctx, r, f.Err.Error()); false {"},
	{rule: "13 nothing lost", file: queueDir + "sqsevent/consumer.go", old: "		response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: f.ID})", new: ""},
	{rule: "13 nothing lost", file: queueDir + "sqsevent/consumer.go", old: "r.Receives >= c.MaxReceives && !f.Dead", new: "r.Receives > c.MaxReceives && !f.Dead"},
	{rule: "13 nothing lost", file: queueDir + "worker.go", old: "		for _, later := range group[n+1:] {\n			verdicts[later] = behind\n		}\n		return", new: "		_, _ = n, behind\n		continue"},
	{rule: "13 nothing lost", file: queueDir + "worker.go", old: "		verdicts[i] = ErrUnfinished", new: "		verdicts[i] = nil", aside: true},
	{rule: "13 nothing lost", file: queueDir + "verdict.go", old: "Dead: !again && allDead(err)", new: "Dead: (!again || true) && allDead(err)"},
	{rule: "13 nothing lost", file: queueDir + "local.go", old: "		case e.Receives >= l.maxReceives:", new: "		case false:", aside: true},
	{rule: "13 nothing lost", file: queueDir + "local.go", old: "		case !received || at != e.Receives:", new: "		case !received || at < 0:", aside: true},
	{rule: "13 nothing lost", file: queueDir + "sqsfifo/outbox.go", old: "fits && !seen[m.Group] {", new: "fits {", aside: true},
	{rule: "13 nothing lost", file: queueDir + "sqsfifo/outbox.go", old: "			delete(groups, m.Group)", new: "			_ = m.Group", aside: true},
	{rule: "13 nothing lost", file: fetchDir + "queue.go", old: "	if err := s.UsageQueue.Send(ctx, usage); err != nil {", new: "	if err := s.UsageQueue.Send(ctx, usage); false {"},
	{rule: "13 nothing lost", file: lettersDir + "replay.go", old: "			if h.fault != nil || failed[h.Group] || !m.choose.Takes(h.Letter) {", new: "			if failed[h.Group] || !m.choose.Takes(h.Letter) {", aside: true},
	{rule: "13 nothing lost", file: lettersDir + "replay.go", old: "aws.String(deduplicationID(h.ID, m.id))", new: "aws.String(h.ID)", aside: true},
	{rule: "13 refused message", file: "shared/message/usage.go", old: "		case units < 0:", new: "		case false:", aside: true},
	{rule: "13 refused message", file: "shared/message/message.go", old: "	case *w.Version != Version:", new: "	case false:", aside: true},
}
