package lambdatest

import (
	"crypto/rand"
	"fmt"
	"os"
	"runtime"
	"time"
)

const (
	region       = "us-east-1"
	account      = "123456789012"
	functionName = "lambdatest"
	functionARN  = "arn:aws:lambda:" + region + ":" + account + ":function:" + functionName
)

// environment is what a process of provided.al2023 finds, and the function's own settings over it. Nothing comes from
// the environment of the test, lest a setting that the template forgot be there by chance.
func environment(api, taskRoot string, settings map[string]string) []string {
	env := map[string]string{
		"AWS_LAMBDA_RUNTIME_API":          api,
		"AWS_LAMBDA_FUNCTION_NAME":        functionName,
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_FORMAT":           "JSON",
		"AWS_LAMBDA_LOG_LEVEL":            "INFO",
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/" + functionName,
		"AWS_LAMBDA_LOG_STREAM_NAME":      "2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef",
		"AWS_REGION":                      region,
		"AWS_DEFAULT_REGION":              region,
		"AWS_ACCESS_KEY_ID":               "ASIALAMBDATEST",
		"AWS_SECRET_ACCESS_KEY":           "lambdatest",
		"AWS_SESSION_TOKEN":               "lambdatest",
		"LAMBDA_TASK_ROOT":                taskRoot,
		"LAMBDA_RUNTIME_DIR":              "/var/runtime",
		"_HANDLER":                        "bootstrap",
		"LANG":                            "en_US.UTF-8",
		"PATH":                            "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
		"TZ":                              ":UTC",
	}
	if runtime.GOOS == "windows" {
		env["SYSTEMROOT"] = os.Getenv("SYSTEMROOT") // no process can open a socket without
	}
	for k, v := range settings {
		env[k] = v
	}
	list := make([]string, 0, len(env))
	for k, v := range env {
		list = append(list, k+"="+v)
	}
	return list
}

// newID is a random UUID, the shape of request and message ids.
func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func newTraceID(now time.Time) string {
	var b [20]byte
	rand.Read(b[:]) // never fails
	return fmt.Sprintf("Root=1-%08x-%x;Parent=%x;Sampled=0", now.Unix(), b[:12], b[12:])
}
