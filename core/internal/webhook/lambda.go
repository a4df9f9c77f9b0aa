package webhook

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/sdk/contract"
)

// lambda invokes AWS Lambda functions. Credentials, a region for targets that
// name none, and another endpoint come from the usual variables of the
// environment, read at each call; profiles and roles of machines are not looked at.
type lambda struct {
	client *http.Client
	getenv func(string) string
	now    func() time.Time
}

// invoke hands {"payload", "headers"} to the function: payload is the body of a
// request and headers are its headers, so that the function can check the signature.
func (l *lambda) invoke(ctx context.Context, m *message) answer {
	target := m.hook.Lambda
	creds := credentials{l.getenv("AWS_ACCESS_KEY_ID"), l.getenv("AWS_SECRET_ACCESS_KEY"), l.getenv("AWS_SESSION_TOKEN")}
	region := firstOf(target.Region, l.getenv("AWS_REGION"), l.getenv("AWS_DEFAULT_REGION"))
	switch {
	case creds.ID == "" || creds.Secret == "":
		return answer{err: errors.New("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set in the server's environment")}
	case region == "":
		return answer{err: errors.New("the webhook names no region and AWS_REGION is not set in the server's environment")}
	}
	body := lambdaBody(m)
	url := strings.TrimSuffix(l.endpoint(region), "/") + "/2015-03-31/functions/" + escape(target.FunctionName) + "/invocations"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	req.Header.Set(headerType, contentType)
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set("X-Amz-Invocation-Type", invocation(target))
	creds.sign(req, body, scope{region, "lambda"}, l.now())
	resp, err := l.client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	finish(resp)
	a := answer{status: resp.StatusCode}
	if kind := resp.Header.Get("X-Amz-Function-Error"); kind != "" {
		a.failed, a.detail = true, ": the function failed ("+kind+")"
	}
	return a
}

// endpoint is where Lambda of a region is.
func (l *lambda) endpoint(region string) string {
	domain := ".amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		domain += ".cn"
	}
	return firstOf(l.getenv("AWS_ENDPOINT_URL_LAMBDA"), l.getenv("AWS_ENDPOINT_URL"), "https://lambda."+region+domain)
}

// invocation is whether the call waits for the function to end.
func invocation(target *contract.LambdaTarget) string {
	if target.Async {
		return "Event"
	}
	return "RequestResponse"
}

func lambdaBody(m *message) []byte {
	headers := map[string]string{}
	m.eachHeader(func(name, value string) { headers[name] = value })
	names := make([]string, 0, len(headers))
	for name := range headers {
		names = append(names, name)
	}
	slices.Sort(names)
	body := append([]byte(`{"payload":`), m.payload...)
	body = append(body, `,"headers":{`...)
	for i, name := range names {
		if i > 0 {
			body = append(body, ',')
		}
		body = pusher.AppendQuoted(body, name)
		body = append(body, ':')
		body = pusher.AppendQuoted(body, headers[name])
	}
	return append(body, "}}"...)
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
