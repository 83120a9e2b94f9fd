package awslite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
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

// tries is how often a file is asked for, and firstPause how long the wait before the second time is; before each later one it
// is four times as long. S3 asks its users to try again after a 503.
const (
	tries      = 4
	firstPause = 100 * time.Millisecond
)

// GetObject reads a file from S3, at most 1 MiB of it. What may pass is tried again.
func GetObject(ctx context.Context, config aws.Config, o Object, now time.Time) ([]byte, error) {
	for n, pause := 1, firstPause; ; n, pause = n+1, 4*pause {
		body, again, err := getObject(ctx, config, o, now)
		if err == nil {
			return body, nil
		}
		err = fmt.Errorf("read %s: %w", o, err)
		if !again || n == tries {
			return nil, err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, errors.Join(context.Cause(ctx), err)
		}
	}
}

// getObject asks once. again tells whether it may be answered otherwise the next time.
func getObject(ctx context.Context, config aws.Config, o Object, now time.Time) (body []byte, again bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, objectURL(config, o), nil)
	if err != nil {
		return nil, false, err
	}
	credentials, err := config.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, false, err
	}
	empty := sha256.Sum256(nil)
	hash := hex.EncodeToString(empty[:])
	request.Header.Set("X-Amz-Content-Sha256", hash)
	err = v4.NewSigner().SignHTTP(ctx, credentials, request, hash, "s3", config.Region, now, func(s *v4.SignerOptions) {
		s.DisableURIPathEscaping = true // S3 signs the path as it is sent (documented)
	})
	if err != nil {
		return nil, false, err
	}
	response, err := config.HTTPClient.Do(request)
	if err != nil {
		return nil, true, err
	}
	defer response.Body.Close()
	body, err = io.ReadAll(io.LimitReader(response.Body, maxObject+1))
	switch {
	case err != nil:
		return nil, true, err
	case response.StatusCode != http.StatusOK:
		return nil, response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests, refusal(response.Status, body)
	case len(body) > maxObject:
		return nil, false, fmt.Errorf("it has more than %d bytes", maxObject)
	}
	return body, false, nil
}

var (
	errorCode    = regexp.MustCompile(`<Code>([A-Za-z0-9.]{1,100})</Code>`)
	errorMessage = regexp.MustCompile(`<Message>([^<>]{1,300})</Message>`)
)

// refusal is what S3 says in its two elements for that, and no more of its answer: the others repeat what was sent to it, the
// session's token among it.
func refusal(status string, body []byte) error {
	text := "S3 answered " + status
	for _, part := range []*regexp.Regexp{errorCode, errorMessage} {
		if found := part.FindSubmatch(body); found != nil {
			text += ": " + string(found[1])
		}
	}
	return errors.New(text)
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
