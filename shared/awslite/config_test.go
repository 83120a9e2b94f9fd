package awslite_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/synthsync/synthsync/shared/awslite"
)

func settings(extra map[string]string) awslite.Lookup {
	all := map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "key", "AWS_SESSION_TOKEN": "token",
	}
	for name, value := range extra {
		all[name] = value
	}
	return func(name string) (string, bool) {
		value, ok := all[name]
		return value, ok
	}
}

func TestConfig_SignsForTheRegionWithTheSessionOfTheEnvironment(t *testing.T) {
	var got http.Header
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		_, _ = io.WriteString(w, `{}`)
	}))
	defer server.Close()
	cfg, err := awslite.Config(settings(map[string]string{"AWS_ENDPOINT_URL": server.URL}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dynamodb.NewFromConfig(cfg).ListTables(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if auth := got.Get("Authorization"); !strings.Contains(auth, "Credential=AKIDEXAMPLE/") || !strings.Contains(auth, "/eu-central-1/dynamodb/") {
		t.Errorf("signed as %s", auth)
	}
	if got.Get("X-Amz-Security-Token") != "token" {
		t.Error("without the session token")
	}
}

func TestConfig_AddressOfOneServiceGoesBeforeTheOneForAll(t *testing.T) {
	// The SDK looks at the process's environment too, and takes AWS_ENDPOINT_URL there as "for all".
	t.Setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:2")
	t.Setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:3")
	cfg, err := awslite.Config(settings(map[string]string{
		"AWS_ENDPOINT_URL":                 "http://127.0.0.1:1",
		"AWS_ENDPOINT_URL_SQS":             "http://127.0.0.1:2",
		"AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://127.0.0.1:3",
	}))
	if err != nil {
		t.Fatal(err)
	}
	for service, c := range map[string]struct {
		got  *string
		want string
	}{
		"DynamoDB":        {dynamodb.NewFromConfig(cfg).Options().BaseEndpoint, "http://127.0.0.1:1"},
		"SQS":             {sqs.NewFromConfig(cfg).Options().BaseEndpoint, "http://127.0.0.1:2"},
		"Secrets Manager": {secretsmanager.NewFromConfig(cfg).Options().BaseEndpoint, "http://127.0.0.1:3"},
	} {
		if aws.ToString(c.got) != c.want {
			t.Errorf("%s is at %s, want %s", service, aws.ToString(c.got), c.want)
		}
	}
}

func TestConfig_WithoutAddressesTheServicesAreAWSs(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL", "")
	cfg, err := awslite.Config(settings(nil))
	if err != nil {
		t.Fatal(err)
	}
	if got := sqs.NewFromConfig(cfg).Options().BaseEndpoint; got != nil {
		t.Errorf("SQS is at %s", *got)
	}
}

func TestConfig_FaultsAreNamedAllAtOnceWithoutTheirValues(t *testing.T) {
	_, err := awslite.Config(settings(map[string]string{
		"AWS_REGION": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_ENDPOINT_URL": "ftp://user:hush@host", "AWS_ENDPOINT_URL_SQS": "nowhere",
	}))
	for _, name := range []string{"AWS_REGION is not set", "AWS_SECRET_ACCESS_KEY is not set", "AWS_ENDPOINT_URL is no", "AWS_ENDPOINT_URL_SQS is no"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v does not say %q", err, name)
		}
	}
	if strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") {
		t.Errorf("%v says too much", err)
	}
}
