// Command handler is a function that does what its event tells it, for the tests of lambdatest.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type event struct {
	Do    string `json:"do"`
	Bytes int    `json:"bytes"`
}

type answer struct {
	Environment []string  `json:"environment"`
	Deadline    time.Time `json:"deadline"`
	RequestID   string    `json:"requestId"`
	ARN         string    `json:"arn"`
	Trace       string    `json:"trace"`
	Text        string    `json:"text,omitempty"`
}

func main() {
	switch os.Getenv("AT_START") {
	case "exit":
		fmt.Println("no settings")
		os.Exit(7)
	case "report":
		body := strings.NewReader(`{"errorType":"Settings","errorMessage":"LEDGER_TABLE is missing"}`)
		url := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/init/error"
		if _, err := http.Post(url, "application/json", body); err != nil {
			panic(err)
		}
		os.Exit(1)
	}
	fmt.Println("started")
	lambda.Start(handle)
}

func handle(ctx context.Context, e event) (*answer, error) {
	fmt.Println("doing", e.Do)
	switch e.Do {
	case "fail":
		return nil, errors.New("the vendor is down")
	case "panic":
		panic("a bug")
	case "exit":
		os.Exit(3)
	case "hang":
		select {}
	case "wait":
		<-ctx.Done()
	case "talk":
		fmt.Println(strings.Repeat("x", e.Bytes))
	}
	deadline, _ := ctx.Deadline()
	lc, _ := lambdacontext.FromContext(ctx)
	return &answer{
		Environment: os.Environ(), Deadline: deadline, RequestID: lc.AwsRequestID, ARN: lc.InvokedFunctionArn,
		Trace: os.Getenv("_X_AMZN_TRACE_ID"), Text: strings.Repeat("x", e.Bytes),
	}, nil
}
