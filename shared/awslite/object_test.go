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

// A run would fail, and an alarm be raised, for one hiccup of S3.
func TestGetObject_WhatPasses_IsTriedAgain(t *testing.T) {
	for name, trouble := range map[string]http.HandlerFunc{
		"slow down": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<Code>SlowDown</Code>", http.StatusServiceUnavailable)
		},
		"a connection that breaks": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"half an answer": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("- service: A\n"))
		},
	} {
		asked := 0
		config := s3(t, func(w http.ResponseWriter, r *http.Request) {
			if asked++; asked <= 2 {
				trouble(w, r)
				return
			}
			_, _ = w.Write([]byte("- service: A\n"))
		})
		body, err := awslite.GetObject(t.Context(), config, awslite.Object{Bucket: "b", Key: "rules.yaml"}, time.Now())
		if err != nil || string(body) != "- service: A\n" {
			t.Errorf("%s: %q %v", name, body, err)
		}
	}
}

func TestGetObject_ANo_IsNotTriedAgain(t *testing.T) {
	asked := 0
	config := s3(t, func(w http.ResponseWriter, _ *http.Request) {
		asked++
		http.Error(w, "<Code>NoSuchKey</Code>", http.StatusNotFound)
	})
	if _, err := awslite.GetObject(t.Context(), config, awslite.Object{Bucket: "b", Key: "rules.yaml"}, time.Now()); err == nil || asked != 1 {
		t.Errorf("asked %d times: %v", asked, err)
	}
}

// S3 repeats the session's token (Token-0) in what it answers to one that has ended.
func TestGetObject_AnAnswerThatRepeatsTheToken_IsNotQuoted(t *testing.T) {
	config := s3(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message><Token-0>" +
			r.Header.Get("X-Amz-Security-Token") + "</Token-0><RequestId>1</RequestId></Error>"))
	})
	config.Credentials = credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret-key", "hush-session-token")
	_, err := awslite.GetObject(t.Context(), config, awslite.Object{Bucket: "b", Key: "rules.yaml"}, time.Now())
	if err == nil || strings.Contains(err.Error(), "hush") || !strings.Contains(err.Error(), "ExpiredToken: The provided token has expired.") {
		t.Errorf("%v", err)
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
