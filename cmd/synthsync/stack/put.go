package stack

import (
	"context"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// ServicesObject is where the stack reads its service rules, if they are in S3.
func (s *Stack) ServicesObject() string { return s.outputs["ServicesObject"] }

// Put stores a file in S3.
func Put(ctx context.Context, w Where, bucket, key string, body io.Reader, contentType *string) error {
	c, err := load(ctx, w)
	if err != nil {
		return err
	}
	api := s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = c.BaseEndpoint != nil }) // emulators know no names of buckets as hosts
	_, err = api.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: body, ContentType: contentType})
	if err != nil {
		return fmt.Errorf("store s3://%s/%s: %w", bucket, key, err)
	}
	return nil
}
