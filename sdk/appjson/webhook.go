package appjson

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/jackfield/jackfield/sdk/contract"
)

func readWebhooks(o object) []contract.Webhook {
	var hooks []contract.Webhook
	for i, raw := range o.list("webhooks") {
		hooks = append(hooks, readWebhook(o.r.object(o.path("webhooks")+index(i), raw)))
	}
	return hooks
}

func readWebhook(o object) contract.Webhook {
	hook := contract.Webhook{URL: readURL(o), Lambda: readLambda(o)}
	if (hook.URL == "") == (hook.Lambda == nil) {
		o.r.addf(o.at, "must have either url or lambda")
	}
	if !o.has("event_types") {
		o.r.addf(o.path("event_types"), "is missing; list the names of the events to send")
	}
	hook.EventTypes = o.texts("event_types")
	if o.has("filter") {
		hook.Filter = readFilter(o.child("filter"))
	}
	hook.Headers = readHeaders(o)
	if o.has("retry") {
		hook.Retry = readRetry(o.child("retry"))
	}
	hook.RequestTimeoutMS = orElse(whole[uint32](o, "request_timeout_ms"), 0)
	o.reportRest()
	return hook
}

// readURL does not show a wrong URL: it may carry a password.
func readURL(o object) string {
	text := o.text("url")
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		o.r.addf(o.path("url"), "must be an absolute http or https URL")
	}
	return text
}

// readLambda reads "lambda", or the older "lambda_function", or the name from
// one and the rest from the other.
func readLambda(o object) *contract.LambdaTarget {
	if !o.has("lambda") && !o.has("lambda_function") {
		return nil
	}
	outer := o.text("lambda_function")
	child := o.child("lambda")
	target := &contract.LambdaTarget{
		FunctionName: either(child, "function_name", outer, o.path("lambda_function")),
		Region:       child.text("region"),
	}
	child.flag("async", &target.Async)
	child.reportRest()
	if target.FunctionName == "" {
		o.r.addf(child.path("function_name"), "must not be empty")
	}
	return target
}

func readFilter(o object) *contract.WebhookFilter {
	prefix, suffix := o.text("channel_name_starts_with"), o.text("channel_name_ends_with")
	f := &contract.WebhookFilter{
		ChannelPrefix:  either(o, "channel_prefix", prefix, o.path("channel_name_starts_with")),
		ChannelSuffix:  either(o, "channel_suffix", suffix, o.path("channel_name_ends_with")),
		ChannelPattern: o.text("channel_pattern"),
	}
	if _, err := regexp.Compile(f.ChannelPattern); err != nil {
		o.r.addf(o.path("channel_pattern"), "must be a regular expression (RE2): %v", err)
	}
	if one := o.text("channel_namespace"); one != "" {
		f.Namespaces = append(f.Namespaces, one)
	}
	f.Namespaces = append(f.Namespaces, o.texts("channel_namespaces")...)
	o.reportRest()
	return f
}

// either reads a string that may also have been given under another name.
func either(o object, name, other, otherPath string) string {
	s := o.text(name)
	if s != "" && other != "" && s != other {
		o.r.addf(o.path(name), "must be the same as %s, or only one of them be set", otherPath)
	}
	if s == "" {
		return other
	}
	return s
}

// readHeaders does not show values: they are often credentials.
func readHeaders(o object) map[string]string {
	headers := o.textMap("headers")
	for _, name := range sortedKeys(headers) {
		at := join(o.path("headers"), name)
		if name == "" || strings.ContainsFunc(name, notToken) {
			o.r.addf(at, "is not a valid header name")
		}
		if strings.ContainsAny(headers[name], "\r\n\x00") {
			o.r.addf(at, "must be one line of text")
		}
	}
	return headers
}

// notToken reports whether r may not stand in the name of an HTTP header.
func notToken(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}

func readRetry(o object) *contract.WebhookRetry {
	enabled := true
	o.flag("enabled", &enabled)
	retry := &contract.WebhookRetry{
		Disabled:         !enabled,
		MaxAttempts:      orElse(whole[uint32](o, "max_attempts"), 0),
		MaxElapsedMS:     orElse(whole[uint64](o, "max_elapsed_time_ms"), 0),
		InitialBackoffMS: orElse(whole[uint64](o, "initial_backoff_ms"), 0),
		MaxBackoffMS:     orElse(whole[uint64](o, "max_backoff_ms"), 0),
	}
	o.reportRest()
	return retry
}
