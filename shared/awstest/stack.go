package awstest

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Function is what an invocation of a Lambda function comes to: its answer, and, for one that failed, the word for it.
type Function func(payload []byte) (answer []byte, failure string)

// Caller is who asks, as the token service answers.
const Caller = "arn:aws:iam::000000000000:user/operator"

// SetStack makes a deployed stack with its outputs.
func (c *Cloud) SetStack(name string, outputs map[string]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stacks[name] = outputs
}

// SetFunction makes a Lambda function that can be invoked.
func (c *Cloud) SetFunction(name string, f Function) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.functions[name] = f
}

// serveStack answers what concerns stacks and functions, which speak other protocols than the rest. A function runs
// outside the lock, since it calls back.
func (c *Cloud) serveStack(w http.ResponseWriter, r *http.Request) bool {
	if name, found := strings.CutPrefix(r.URL.Path, "/2015-03-31/functions/"); found {
		c.invoke(w, r, strings.TrimSuffix(name, "/invocations"))
		return true
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return false
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return false
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return false
	}
	c.mu.Lock()
	outputs, known := c.stacks[form.Get("StackName")]
	c.calls[form.Get("Action")]++
	c.mu.Unlock()
	w.Header().Set("Content-Type", "text/xml")
	if form.Get("Action") == "GetCallerIdentity" {
		_, _ = io.WriteString(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>`+Caller+`</Arn><UserId>x</UserId><Account>000000000000</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
		return true
	}
	if form.Get("Action") != "DescribeStacks" || !known {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id `+form.Get("StackName")+` does not exist</Message></Error></ErrorResponse>`)
		return true
	}
	writeStack(w, form.Get("StackName"), outputs)
	return true
}

func writeStack(w io.Writer, name string, outputs map[string]string) {
	type output struct{ OutputKey, OutputValue string }
	type stack struct {
		StackName, StackStatus, CreationTime string
		Outputs                              []output `xml:"Outputs>member"`
	}
	answer := struct {
		XMLName xml.Name `xml:"DescribeStacksResponse"`
		Stacks  []stack  `xml:"DescribeStacksResult>Stacks>member"`
	}{Stacks: []stack{{StackName: name, StackStatus: "CREATE_COMPLETE", CreationTime: "2026-01-01T00:00:00Z"}}}
	for key, value := range outputs {
		answer.Stacks[0].Outputs = append(answer.Stacks[0].Outputs, output{key, value})
	}
	_ = xml.NewEncoder(w).Encode(answer) // a caller that has gone away is no fault of ours
}

func (c *Cloud) invoke(w http.ResponseWriter, r *http.Request, name string) {
	payload, _ := io.ReadAll(r.Body) // a cut request is answered as an empty one
	c.mu.Lock()
	f := c.functions[name]
	c.calls["Invoke"]++
	c.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if f == nil {
		w.Header().Set("X-Amzn-ErrorType", "ResourceNotFoundException")
		w.WriteHeader(http.StatusNotFound)
		_ = json.NewEncoder(w).Encode(map[string]string{"Type": "User", "Message": "Function not found: " + name})
		return
	}
	answer, failure := f(payload)
	if failure != "" {
		w.Header().Set("X-Amz-Function-Error", failure)
	}
	_, _ = w.Write(answer)
}
