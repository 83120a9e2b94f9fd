package cost

import "math"

// Prices in US dollars: us-east-1, autumn 2026, on demand, arm64, before free tiers.
const (
	lambdaGBSecond  = 0.0000133334
	lambdaRequest   = 0.20 / 1e6
	fifoRequest     = 0.50 / 1e6
	dynamoWrite     = 0.625 / 1e6
	dynamoRead      = 0.125 / 1e6
	secretMonth     = 0.40
	secretCall      = 0.05 / 1e4
	alarmMonth      = 0.10
	metricMonth     = 0.30
	dashboardMonth  = 3.00
	logGB           = 0.50
	schedulerInvoke = 1.00 / 1e6
	transferOutGB   = 0.09
)

// What is assumed, since it differs from one MSP to the next.
const (
	nights          = 30.4 // a month
	services        = 2    // of which every company has counts
	itemsPerCompany = 100
	memoryGB        = 0.25 // the template's FetchMemory and WorkerMemory

	autotaskSeconds   = 1.0 // a request, of which two run side by side
	autotaskOverhead  = 11  // requests a run beside the pages
	pageRows          = 500
	synthesizeSeconds = 0.3 // a post
	ledgerSeconds     = 0.01
	awaitSeconds      = 10.0 // of a batch that waits in vain for the services to be looked at
	startSeconds      = 1.0  // INIT and the end of an invocation: more than both take
	environments      = 5    // started anew each night, and each reads its secret

	pollsAMinute  = 15   // a queue: five pollers that wait 20 s each, which MaximumConcurrency keeps from shrinking
	platformBytes = 1000 // Lambda's own log lines of one invocation
	requestBytes  = 2000 // sent to a vendor with one request, TLS included
)

// Shape is what the template makes that costs by the month.
type Shape struct{ Alarms, Dashboards int }

// Line is one line of the bill.
type Line struct {
	Name     string
	Quantity float64 // a month
	Unit     string
	Dollars  float64
}

// Month is the bill of a month, by what drives it, and the seconds that one reading of Autotask takes.
func Month(companies int, shape Shape) (bill []Line, readSeconds float64) {
	night := Night(companies, services)
	c := float64(companies)
	counts := c * services
	add := func(name string, quantity float64, unit string, price float64) {
		bill = append(bill, Line{name, quantity, unit, quantity * price})
	}

	pages := math.Ceil(c*itemsPerCompany/pageRows) + math.Ceil(c/pageRows) + autotaskOverhead
	readSeconds = pages * autotaskSeconds / 2
	fetch := startSeconds + readSeconds + c*ledgerSeconds
	// Eight workers tell nine companies of a batch in two rounds, then the tenth.
	batch := startSeconds + 3*(services*synthesizeSeconds+4*ledgerSeconds)
	batches := math.Ceil(c / batchSize)
	seconds := fetch + batches*batch + batches*(startSeconds+awaitSeconds) + startSeconds + 10*synthesizeSeconds

	add("Lambda duration", nights*seconds*memoryGB, "GB-seconds", lambdaGBSecond)
	add("Lambda invocations", nights*night.Invocations, "invocations", lambdaRequest)
	add("SQS idle polling of two queues", 2*pollsAMinute*60*24*nights, "requests", fifoRequest)
	add("SQS messages", nights*(night.QueueRequests+2*night.Invocations), "requests", fifoRequest)
	add("DynamoDB writes", nights*night.Writes, "units", dynamoWrite)
	add("DynamoDB reads", nights*night.Reads, "units", dynamoRead)
	add("Secrets Manager", 2, "secrets", secretMonth)
	add("Secrets Manager reads", nights*environments, "calls", secretCall)
	add("CloudWatch alarms", float64(shape.Alarms), "alarms", alarmMonth)
	add("CloudWatch custom metrics", float64(night.Metrics), "metrics", metricMonth)
	add("CloudWatch dashboard", float64(shape.Dashboards), "dashboards", dashboardMonth)
	add("CloudWatch logs", nights*(night.LogBytes+platformBytes*night.Invocations)/1e9, "GB", logGB)
	add("Scheduler", nights, "invocations", schedulerInvoke)
	add("Data out to the two vendors", nights*requestBytes*(pages+counts)/1e9, "GB", transferOutGB)
	return bill, readSeconds
}
