package main

import (
	"fmt"
	"math"
	"net/url"
	"strings"
	"time"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
)

// options are the keys under queue.sqs.
type options struct {
	Region            string      `json:"region" jsonschema:"AWS region"`
	EndpointURL       string      `json:"endpoint_url,omitempty" jsonschema:"endpoint instead of AWS's own"`
	QueueURLPrefix    string      `json:"queue_url_prefix,omitempty" jsonschema:"URL in front of queue names, instead of a look-up"`
	QueueURL          string      `json:"queue_url,omitempty" jsonschema:"URL of the one queue that is used, whatever its name"`
	FIFO              bool        `json:"fifo" jsonschema:"use FIFO queues, which keep the order within a group"`
	VisibilityTimeout int64       `json:"visibility_timeout" jsonschema:"least seconds for which SQS hides a received job; never shorter than lease and margin"`
	MaxMessages       int64       `json:"max_messages" jsonschema:"most jobs of one receive call"`
	WaitTimeSeconds   int64       `json:"wait_time_seconds" jsonschema:"seconds that a receive call waits for jobs; 0 asks again after worker_poll_interval_ms"`
	Concurrency       int64       `json:"concurrency" jsonschema:"times max_messages is how many jobs are out to one consumer at a time"`
	AccessKeyID       string      `json:"aws_access_key_id,omitempty" jsonschema:"static credentials; empty means the default AWS chain"`
	SecretAccessKey   sdk.Secret  `json:"aws_secret_access_key,omitempty" jsonschema:"static credentials"`
	SessionToken      sdk.Secret  `json:"aws_session_token,omitempty" jsonschema:"static credentials that are temporary"`
	ProfileName       string      `json:"aws_profile_name,omitempty" jsonschema:"profile of the shared AWS files"`
	Reliability       reliability `json:"reliability" jsonschema:"retries and leases"`
}

// reliability are the keys under queue.reliability that concern this driver.
type reliability struct {
	MaxAttempts          int64   `json:"max_attempts" jsonschema:"how often a job is handed over before it becomes a dead letter, unless the job says so itself"`
	RetryBaseDelayMS     int64   `json:"retry_base_delay_ms" jsonschema:"milliseconds before the first retry; doubles with every further one"`
	RetryMaxDelayMS      int64   `json:"retry_max_delay_ms" jsonschema:"most milliseconds before a retry"`
	RetryJitter          float64 `json:"retry_jitter" jsonschema:"share by which delays vary at random, from 0 to 1"`
	LeaseDurationMS      int64   `json:"lease_duration_ms" jsonschema:"milliseconds that a job is out when its consumer names no lease"`
	WorkerPollIntervalMS int64   `json:"worker_poll_interval_ms" jsonschema:"milliseconds between two receive calls that found nothing, with wait_time_seconds 0"`
}

// Defaults sets what a configuration need not say.
func (o *options) Defaults() {
	*o = options{
		Region: "us-east-1", VisibilityTimeout: 30, MaxMessages: 10, WaitTimeSeconds: 5, Concurrency: 5,
		Reliability: reliability{
			MaxAttempts: 5, RetryBaseDelayMS: 1000, RetryMaxDelayMS: 60_000, RetryJitter: 0.2,
			LeaseDurationMS: 30_000, WorkerPollIntervalMS: 500,
		},
	}
}

// The bounds that SQS sets.
const (
	mostReceived   = 10
	mostWait       = 20 * time.Second
	mostVisibility = 12 * time.Hour
	mostDelay      = 15 * time.Minute
)

const mostMillis = 1000 * 365 * 24 * 3600 * 1000

func (o *options) validate() error {
	var p problems
	if o.Region == "" {
		p.addf("region", "must name an AWS region such as us-east-1, is empty")
	}
	p.within("visibility_timeout", o.VisibilityTimeout, 1, int64(mostVisibility/time.Second))
	p.within("max_messages", o.MaxMessages, 1, mostReceived)
	p.within("wait_time_seconds", o.WaitTimeSeconds, 0, int64(mostWait/time.Second))
	p.within("concurrency", o.Concurrency, 1, 100_000)
	p.url("endpoint_url", o.EndpointURL)
	p.url("queue_url_prefix", o.QueueURLPrefix)
	p.url("queue_url", o.QueueURL)
	o.checkQueueURL(&p)
	o.checkCredentials(&p)
	o.Reliability.check(&p)
	return p.err()
}

// checkQueueURL compares the URL of the one queue with the other keys.
func (o *options) checkQueueURL(p *problems) {
	if o.QueueURL == "" {
		return
	}
	isFIFO := strings.HasSuffix(o.QueueURL, fifoSuffix)
	switch {
	case o.QueueURLPrefix != "":
		p.addf("queue_url", "cannot stand beside queue_url_prefix; keep one of them")
	case o.FIFO && !isFIFO:
		p.addf("queue_url", "names a standard queue, but fifo is true; set fifo to false, or name a queue that ends in %s", fifoSuffix)
	case !o.FIFO && isFIFO:
		p.addf("queue_url", "names a FIFO queue, but fifo is false; set fifo to true")
	}
}

func (o *options) checkCredentials(p *problems) {
	id, secret, token := o.AccessKeyID != "", o.SecretAccessKey != "", o.SessionToken != ""
	switch {
	case id && !secret:
		p.addf("aws_secret_access_key", "is missing beside aws_access_key_id; set both, or neither to use the default AWS chain")
	case secret && !id, token && !id:
		p.addf("aws_access_key_id", "is missing beside the other static credentials; set it, or none of them to use the default AWS chain")
	}
}

func (r *reliability) check(p *problems) {
	p.within("reliability.max_attempts", r.MaxAttempts, 1, math.MaxUint32)
	p.within("reliability.retry_base_delay_ms", r.RetryBaseDelayMS, 0, mostMillis)
	p.within("reliability.retry_max_delay_ms", r.RetryMaxDelayMS, 0, mostMillis)
	if !(r.RetryJitter >= 0 && r.RetryJitter <= 1) {
		p.addf("reliability.retry_jitter", "must be from 0 to 1, is %v", r.RetryJitter)
	}
	p.within("reliability.lease_duration_ms", r.LeaseDurationMS, 1000, (mostVisibility - margin).Milliseconds())
	p.within("reliability.worker_poll_interval_ms", r.WorkerPollIntervalMS, 1, mostMillis)
}

// room is how many jobs are out to one consumer at a time.
func (o *options) room() int { return int(o.Concurrency * o.MaxMessages) }

func millis(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// problems collects what is wrong with options, to report all of it at once.
type problems contract.OptionErrors

func (p *problems) addf(key, format string, args ...any) {
	*p = append(*p, contract.OptionError{Path: key, Problem: fmt.Sprintf(format, args...)})
}

func (p *problems) within(key string, value, least, most int64) {
	if value < least || value > most {
		p.addf(key, "must be from %d to %d, is %d", least, most, value)
	}
}

func (p *problems) url(key, value string) {
	u, err := url.Parse(value)
	if value != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		p.addf(key, "must be a URL such as https://sqs.us-east-1.amazonaws.com, is %q", value)
	}
}

// err returns the problems as contract.OptionErrors, or nil.
func (p *problems) err() error {
	if len(*p) == 0 {
		return nil
	}
	return contract.OptionErrors(*p)
}
