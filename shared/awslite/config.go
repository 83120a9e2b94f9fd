// Package awslite sets up the AWS SDK inside a Lambda function from what Lambda puts into the environment, and reads
// secrets.
//
// The SDK's own config package also knows profiles, single sign-on, web identities and instance metadata. None of them
// occurs in a Lambda function, and they make each of its executables about 2 MB larger.
package awslite

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Lookup finds a setting by its name: os.LookupEnv in a function, a map in a test.
type Lookup func(name string) (value string, ok bool)

// Times after which a request has gone wrong. The services used answer within milliseconds, and the functions have
// seconds: a request that hangs must leave time to send it again.
const (
	dialTimeout    = 3 * time.Second
	answerTimeout  = 8 * time.Second  // until the head of the answer
	requestTimeout = 15 * time.Second // in all, for one attempt
	keepAlive      = 30 * time.Second
)

// Config makes the SDK's configuration from AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN,
// all of which Lambda sets, and from AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE> (DYNAMODB, SECRETS_MANAGER, SQS)
// for tests. The error names every setting at fault.
//
// The credentials are read once: Lambda replaces an execution environment before they run out.
func Config(lookup Lookup) (aws.Config, error) {
	var faults []error
	required := func(name string) string {
		value, _ := lookup(name)
		if value == "" {
			faults = append(faults, fmt.Errorf("%s is not set", name))
		}
		return value
	}
	region, id, key := required("AWS_REGION"), required("AWS_ACCESS_KEY_ID"), required("AWS_SECRET_ACCESS_KEY")
	token, _ := lookup("AWS_SESSION_TOKEN")

	base, err := endpoint(lookup, "AWS_ENDPOINT_URL")
	if err != nil {
		faults = append(faults, err)
	}
	for _, service := range []string{"DynamoDB", "Secrets Manager", "SQS"} {
		if _, err := endpoint(lookup, endpointName(service)); err != nil {
			faults = append(faults, err)
		}
	}
	if len(faults) > 0 {
		return aws.Config{}, fmt.Errorf("set up AWS: %w", errors.Join(faults...))
	}
	return aws.Config{
		Region:        region,
		Credentials:   credentials.NewStaticCredentialsProvider(id, key, token),
		HTTPClient:    httpClient(),
		RetryMode:     aws.RetryModeStandard,
		BaseEndpoint:  base,
		ConfigSources: []any{endpoints{lookup}},
	}, nil
}

func httpClient() aws.HTTPClient {
	return WholeBodies(awshttp.NewBuildableClient().
		WithTimeout(requestTimeout).
		WithDialerOptions(func(d *net.Dialer) { d.Timeout, d.KeepAlive = dialTimeout, keepAlive }).
		WithTransportOptions(func(t *http.Transport) {
			t.TLSHandshakeTimeout = dialTimeout
			t.ResponseHeaderTimeout = answerTimeout
		}))
}

// endpoints hands the address of a single service to the SDK's clients, which ask each source of the configuration.
type endpoints struct{ lookup Lookup }

// GetServiceBaseEndpoint is the name that the SDK asks by.
func (e endpoints) GetServiceBaseEndpoint(_ context.Context, sdkID string) (string, bool, error) {
	address, err := endpoint(e.lookup, endpointName(sdkID))
	return aws.ToString(address), address != nil, err
}

func endpointName(sdkID string) string {
	return "AWS_ENDPOINT_URL_" + strings.ReplaceAll(strings.ToUpper(sdkID), " ", "_")
}

func endpoint(lookup Lookup, name string) (*string, error) {
	address, _ := lookup(name)
	if address == "" {
		return nil, nil
	}
	if u, err := url.Parse(address); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("%s is no http:// or https:// address", name)
	}
	return &address, nil
}
