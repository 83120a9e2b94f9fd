package cost

const intro = `# What it costs at AWS

About $%s a month for 50 companies, $%s for 500 and $%s for 5,000: us-east-1, prices of autumn 2026, arm64, one run a
night, before any free tier. Every figure here is reckoned by ` + "`build/cost`" + ` from the prices, from what the functions were
measured to use, and from the alarms and dashboards in template.yaml; a test fails when this page is older than they are, and
` + "`go test ./build/cost -update`" + ` writes it anew.

`

const drives = `
What drives it is not the fleet. Alarms, custom metrics, secrets and the idle polling of the two queues cost the same for one
company as for 5,000, and are most of the bill up to some thousand companies. What grows with the fleet is the ledger
(DynamoDB) and the time that the functions wait for the vendors, both by cents.

AWS gives every account ten alarms, ten custom metrics, three dashboards, a million SQS requests, a million invocations and
400,000 GB-seconds a month free; an account that has not used them up otherwise pays a few dollars less. Custom metrics stand
here for the whole month, the most that they can cost; AWS counts the hours in which a metric is written, and a nightly run
writes in one or two.

An hourly schedule reads Autotask 24 times as often, and the reading's share of Lambda's duration grows by that; what is told
stays about the same, as equal counts are told again once in 20 hours. Email of alarms, the first run, held and failed runs,
the ledger's storage and backup (some ten megabytes) and the storage of logs are not in the table: each is a cent or two.
`

const assumptions = `
## What is assumed

- One run a night, 30.4 nights a month. With REFRESH_AFTER at 20h every count is told again each night, so that it does not
  matter how many have changed.
- %d services, and every company has a count for each; %d active configuration items a company.
- Autotask answers a request in %.1f s (two run side by side), Synthesize a post in %.1f s. Neither was measured at the real
  vendors; they matter for Lambda's duration only.
- Lambda polls a queue %d times a minute also when it is empty: five pollers that wait 20 seconds each.
- All messages come before the services have been looked at, wait ten seconds in vain, and so are received twice, as at worst.
- At most %d custom metrics, and one for each service.
`

const longest = `
%s items are read in about %.0f s at %.1f s a request. A function runs 900 s at most, so that a fleet of this size cannot be
read any more by it when Autotask needs longer than %.1f s for a page; the command on one machine has no such limit.
`

const quantities = `
## How much of everything, a month

| | 50 companies | 500 companies | 5,000 companies | price |
| --- | ---: | ---: | ---: | --- |
`

const nightly = `
## A night, written out, for %d companies

` + "```" + `
writes       %d companies x %d + %d batches x %d + the run's record of %d KB + %d = %s units
             x %.1f nights = %s, x $%.3f a million = $%s
reads        %d companies x %.1f + %d batches x %d + %d = %s units
record       of a run: %d counts due at most are listed in it, together %.0f KB
invocations  1 of fetch-configurations + 1 of sync-accounts + %d of sync-usage = %s
SQS          %d sends + 1 + %d messages put back + 2 x %s (receive, delete) = %s requests
idle polls   %d a minute x 60 x 24 x %.1f = %s requests
` + "```" + `

A company's writes are its intent in a transaction (2 units), its counts marked as maybe told (2: the document is above 1 KB
then), and what was answered (1). A local AWS before the functions' executables counts them (` + "`functions/cost_test.go`" + `).
`
