package awslite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4" // signs as the SDK's S3 client does, which would add 2 MB for one GET
)

// Object names a file in S3.
type Object struct{ Bucket, Key string }

// ParseObject reads s3://bucket/key.
func ParseObject(text string) (Object, error) {
	rest, found := strings.CutPrefix(text, "s3://")
	bucket, key, _ := strings.Cut(rest, "/")
	if !found || bucket == "" || key == "" {
		return Object{}, fmt.Errorf("%q is not of the form s3://bucket/key", text)
	}
	return Object{bucket, key}, nil
}

func (o Object) String() string { return "s3://" + o.Bucket + "/" + o.Key }

// maxObject bounds what is read: rules for thousands of types stay far below it.
const maxObject = 1 << 20

// GetObject reads a file from S3, at most 1 MiB of it.
func GetObject(ctx context.Context, config aws.Config, o Object, now time.Time) ([]byte, error) {
	body, err := getObject(ctx, config, o, now)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", o, err)
	}
	return body, nil
}

func getObject(ctx context.Context, config aws.Config, o Object, now time.Time) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, objectURL(config, o), nil)
	if err != nil {
		return nil, err
	}
	credentials, err := config.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	empty := sha256.Sum256(nil)
	hash := hex.EncodeToString(empty[:])
	request.Header.Set("X-Amz-Content-Sha256", hash)
	err = v4.NewSigner().SignHTTP(ctx, credentials, request, hash, "s3", config.Region, now, func(s *v4.SignerOptions) {
		s.DisableURIPathEscaping = true // S3 signs the path as it is sent (documented)
	})
	if err != nil {
		return nil, err
	}
	response, err := config.HTTPClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxObject+1))
	switch {
	case err != nil:
		return nil, err
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("S3 answered %s: %.300s", response.Status, body)
	case len(body) > maxObject:
		return nil, fmt.Errorf("it has more than %d bytes", maxObject)
	}
	return body, nil
}

// objectURL has the bucket in the path: a bucket's name may have dots, which no certificate covers.
func objectURL(config aws.Config, o Object) string {
	base := "https://s3." + config.Region + ".amazonaws.com"
	if strings.HasPrefix(config.Region, "cn-") {
		base += ".cn"
	}
	if config.BaseEndpoint != nil {
		base = strings.TrimSuffix(*config.BaseEndpoint, "/")
	}
	u := url.URL{Path: "/" + o.Bucket + "/" + o.Key}
	return base + u.EscapedPath()
}
