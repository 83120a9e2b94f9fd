package awstest

import (
	"io"
	"net/http"
)

// serveS3 keeps files: what is signed for S3 carries the hash of its body.
func (c *Cloud) serveS3(w http.ResponseWriter, r *http.Request) bool {
	if r.Header.Get("X-Amz-Content-Sha256") == "" || r.Header.Get("X-Amz-Target") != "" {
		return false
	}
	body, err := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	stored, known := c.objects[r.URL.Path]
	switch {
	case err != nil:
		w.WriteHeader(http.StatusBadRequest)
	case r.Method == http.MethodPut:
		c.objects[r.URL.Path] = body
	case !known:
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>")
	default:
		_, _ = w.Write(stored)
	}
	return true
}
