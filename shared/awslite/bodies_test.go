package awslite_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/synthsync/synthsync/shared/awslite"
)

// early answers before it has read the request's body, as a service may while the goroutine that sends it gets no
// processor.
type early struct{ sent *http.Request }

func (e *early) Do(r *http.Request) (*http.Response, error) {
	e.sent = r
	head := http.Header{"Content-Type": {"application/x-amz-json-1.0"}}
	return &http.Response{StatusCode: http.StatusOK, Header: head, Body: io.NopCloser(strings.NewReader(`{}`)), Request: r}, nil
}

func TestWholeBodies_TheAnswerIsEarly_TheBodyCanStillBeRead(t *testing.T) {
	cfg, err := awslite.Config(settings(nil))
	if err != nil {
		t.Fatal(err)
	}
	wire := &early{}
	cfg.HTTPClient = awslite.WholeBodies(wire)
	in := &sqs.ReceiveMessageInput{QueueUrl: aws.String("https://sqs.eu-central-1.amazonaws.com/1/usage.fifo")}
	if _, err := sqs.NewFromConfig(cfg).ReceiveMessage(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(wire.sent.Body)
	if err != nil || !strings.Contains(string(body), "usage.fifo") || int64(len(body)) != wire.sent.ContentLength {
		t.Errorf("%q of %d bytes: %v", body, wire.sent.ContentLength, err)
	}
}

func TestConfig_ARequestLeavesInOnePiece(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	first := make(chan string, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			first <- err.Error()
			return
		}
		defer conn.Close()
		head := make([]byte, 1<<16)
		n, _ := conn.Read(head)
		first <- string(head[:n])
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: 2\r\n\r\n{}")
	}()
	cfg, err := awslite.Config(settings(map[string]string{"AWS_ENDPOINT_URL": "http://" + listener.Addr().String()}))
	if err != nil {
		t.Fatal(err)
	}
	in := &sqs.ReceiveMessageInput{QueueUrl: aws.String("https://sqs.eu-central-1.amazonaws.com/1/usage.fifo")}
	_, err = sqs.NewFromConfig(cfg).ReceiveMessage(t.Context(), in)
	if sent := <-first; err != nil || !strings.HasSuffix(sent, "}") {
		t.Errorf("the first piece is %q: %v", sent, err)
	}
}
