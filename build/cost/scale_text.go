package cost

const scaleIntro = `# How far it goes

What a run needs as the fleet grows, and what gives way first. A company has %d active items and %d services here. Every
figure is reckoned by ` + "`build/cost`" + ` from what was measured; a test fails when this page is older than they are, and
` + "`go test ./build/cost -update`" + ` writes it anew. "All due" is the dearest night, in which every count is told again; a night in
which nothing changed tells nobody, and asks the ledger some 40 times, and once more for each 1,500 companies.

`

const breaks = `
Where the reading does not fit, or the share of the hour is above 100 %%, the row shows what it would take; such a run does not
begin.

## What breaks first, and what is done about it

1. **A function's 15 minutes.** About %s items when Autotask takes %g s a request, %s at %g s. A run that will
   not fit fails after its counts and before its first page, names items' requests, time and limit, and says what to do: a larger
   ` + "`FetchTimeout`" + `, a quieter hour, or one machine (` + "`synthsync run`" + `), which has no such limit. A run that Autotask slows down on the
   way stops as soon as the rest cannot fit. Nothing is told from either.
2. **Autotask's hour.** A run takes half of what is left of 10,000 requests: %s items if nobody else asks, %s with
   ` + "`AUTOTASK_BUDGET_PERCENT=100`" + `, which leaves the others nothing. Beyond it a run stops before its first page and says by how much;
   with ` + "`AUTOTASK_OVER_BUDGET=wait`" + ` it waits, and on one machine it reads such a tenant in the course of several hours, each
   within its share. From half of the hour on Autotask adds half a second to each request, from three quarters a whole one.
3. **Memory.** The template's 256 MB are enough for about %s companies; above, raise ` + "`FetchMemory`" + ` and ` + "`WorkerMemory`" + ` by
   %.1f MB for each 1,000. Items do not count: only companies and types are kept.
4. **Telling takes longer than an hour** from %s companies with two services on, and ` + "`UsageOldestMessageAlarm`" + ` fires while
   all is well: raise ` + "`OldestMessageSeconds`" + `. The rate is Synthesize's limit; more workers do not help.
5. **SQS and DynamoDB** do not give way: messages wait four days, a queue takes 300 batches a second, and the table is on demand.
`

const scaleChecked = `
## How it is checked

- ` + "`TestScale_...`" + ` in ` + "`shared/autotask`" + ` reads up to ten million items in virtual time, %.0f ms a request: the requests are those
  reckoned with, two are under way all the time, and what is kept grows with companies and types alone.
- ` + "`cmd/synthsync/local/posting_test.go`" + ` posts 20,000 counts in virtual time: the rate is the limit that is set, and none is refused.
- ` + "`functions/unchanged_test.go`" + ` and ` + "`functions/cost_test.go`" + ` count what the functions' executables ask of a local AWS.
- ` + "`shared/autotask/wait_test.go`" + ` and ` + "`functions/limits_test.go`" + ` bring both limits about.

Assumed, and not measured at AWS or at the vendors: the seconds a request of Autotask, %.1f s for a transaction of 99 companies, %.2f s for a batch of ten messages.
`
