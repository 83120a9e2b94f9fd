package awslite_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/synthsync/synthsync/shared/awslite"
)

func s3(t *testing.T, answer http.HandlerFunc) aws.Config {
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return aws.Config{
		Region: "eu-central-1", BaseEndpoint: &server.URL, HTTPClient: server.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret-key", "session"),
	}
}

func TestGetObject_IsSigned_WithTheBucketInThePath(t *testing.T) {
	var got *http.Request
	config := s3(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		_, _ = w.Write([]byte("- service: A\n"))
	})
	body, err := awslite.GetObject(t.Context(), config, awslite.Object{Bucket: "my.rules", Key: "a b/c+d.yaml"}, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	if err != nil || string(body) != "- service: A\n" {
		t.Fatalf("%q %v", body, err)
	}
	if got.URL.Path != "/my.rules/a b/c+d.yaml" || got.Method != http.MethodGet {
		t.Errorf("%s %s", got.Method, got.URL.Path)
	}
	authorization := got.Header.Get("Authorization")
	for _, part := range []string{"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260301/eu-central-1/s3/aws4_request", "x-amz-content-sha256", "x-amz-security-token", "Signature="} {
		if !strings.Contains(authorization, part) {
			t.Errorf("the signature lacks %s: %s", part, authorization)
		}
	}
}

func TestGetObject_WhatIsWrong_IsSaid_WithoutTheKey(t *testing.T) {
	for says, answer := range map[string]http.HandlerFunc{
		"AccessDenied": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<Code>AccessDenied</Code>", http.StatusForbidden)
		},
		"more than": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 2<<20)) },
	} {
		_, err := awslite.GetObject(t.Context(), s3(t, answer), awslite.Object{Bucket: "b", Key: "rules.yaml"}, time.Now())
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "s3://b/rules.yaml") || strings.Contains(err.Error(), "secret-key") {
			t.Errorf("%q: %v", says, err)
		}
	}
}

func TestParseObject(t *testing.T) {
	if o, err := awslite.ParseObject("s3://bucket/folder/rules.yaml"); err != nil || o != (awslite.Object{Bucket: "bucket", Key: "folder/rules.yaml"}) || o.String() != "s3://bucket/folder/rules.yaml" {
		t.Errorf("%+v %v", o, err)
	}
	for _, wrong := range []string{"", "s3://", "s3://bucket", "s3://bucket/", "s3:///key", "https://bucket/key"} {
		if _, err := awslite.ParseObject(wrong); err == nil {
			t.Errorf("%q passed", wrong)
		}
	}
}
