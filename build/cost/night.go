// Package cost reckons what a stack costs a month at AWS, and writes docs/cost.md:
//
//	go test ./build/cost -update
package cost

import "math"

// Usage is what one nightly run uses of AWS.
type Usage struct {
	Writes        float64 // DynamoDB write request units
	Reads         float64 // DynamoDB read request units
	QueueRequests float64 // SQS requests that the functions make
	Invocations   float64 // of the three functions
	LogBytes      float64 // that the functions print at the level INFO
	Metrics       int     // custom metrics, each under its dimensions
}

// The figures that Night reckons with. They were measured with the functions' executables before a local AWS, and
// TestCost_ANightUsesWhatThePageReckonsWith measures them again.
const (
	batchSize = 10 // messages that Lambda hands over at once; the template's BatchSize

	accountWrites = 5   // a company: its intent in a transaction (2), its pairs marked (2, above 1 KB), the answers (1)
	batchWrites   = 3   // a batch: the rebuild that is owed, that it is paid, and what became of its messages
	nightWrites   = 16  // lease, tenant, services, baseline, who ran it, the totals of the day
	accountReads  = 5.5 // a company: its list, the refusals twice, its account three times
	batchReads    = 31  // 20 of them while it waits in vain for the services to be looked at
	nightReads    = 41

	// The run's record holds up to 500 of the counts that were due, and is written once with them.
	recordBytes     = 1000
	recordPerCount  = 140
	recordMaxCounts = 500

	logPerCompany, logPerNight = 598, 2500 // bytes, a line of metrics for each invocation among them
)

// Night is one nightly run in which every count of every company is told again, as REFRESH_AFTER (20h) makes it. All
// messages of counts are received twice: at worst they come before the services have been looked at.
func Night(companies, services int) Usage {
	c := float64(companies)
	batches := math.Ceil(c / batchSize)
	record := recordBytes + recordPerCount*math.Min(c*float64(services), recordMaxCounts)
	return Usage{
		Writes:        accountWrites*c + batchWrites*batches + math.Ceil(record/1024) + nightWrites,
		Reads:         accountReads*c + batchReads*batches + nightReads,
		QueueRequests: batches + 1 + c, // sent ten at a time; put back one by one
		Invocations:   1 + 1 + 2*batches,
		LogBytes:      logPerCompany*c + logPerNight,
		Metrics:       CustomMetrics(services),
	}
}

// CustomMetrics is the most that a stack writes: 24, and the units of each service.
func CustomMetrics(services int) int { return 24 + services }
