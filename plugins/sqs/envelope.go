package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackfield/jackfield/sdk/contract"
)

// envelope is the text of a message: a job, and what it died of if it did.
type envelope struct {
	Version     int    `json:"v"`
	ID          string `json:"id"`
	Group       string `json:"group"`
	MaxAttempts uint32 `json:"max_attempts,omitempty"`
	DelayMS     int64  `json:"delay_ms,omitempty"`
	BornMS      int64  `json:"born_ms"`
	// Text is the body; Bytes, in base64, that of a body which is no text for SQS.
	Text  string `json:"text,omitempty"`
	Bytes []byte `json:"bytes,omitempty"`
	Death *death `json:"dead,omitempty"`
}

// death is how a job became a dead letter.
type death struct {
	Reason   string `json:"reason"`
	Attempts uint32 `json:"attempts"`
	AtNS     int64  `json:"at_ns"`
}

const envelopeVersion = 1

// The bounds of the contract.
const (
	mostBody  = 256 << 10
	mostGroup = 256
	// mostReason bounds the reason of a dead letter.
	mostReason = 1 << 10
)

// sealJob makes the envelope of a job, or says why it is not one.
func sealJob(j contract.Job, now time.Time) (*envelope, error) {
	switch {
	case j.ID == "" || !isText(j.ID):
		return nil, fmt.Errorf("%w: the id of a job must be text, is %q", contract.ErrInvalid, j.ID)
	case j.GroupKey == "" || len(j.GroupKey) > mostGroup || !isText(j.GroupKey):
		return nil, fmt.Errorf("%w: the group of a job must be text of 1 to %d bytes, has %d", contract.ErrInvalid, mostGroup, len(j.GroupKey))
	case len(j.Body) > mostBody:
		return nil, fmt.Errorf("%w: the body of a job has at most %d bytes, not %d", contract.ErrInvalid, mostBody, len(j.Body))
	}
	e := &envelope{
		Version: envelopeVersion, ID: j.ID, Group: j.GroupKey, MaxAttempts: j.MaxAttempts,
		DelayMS: max(j.Delay, 0).Milliseconds(), BornMS: now.UnixMilli(),
	}
	e.setBody(j.Body)
	return e, nil
}

func (e *envelope) setBody(body []byte) {
	if text := string(body); isText(text) {
		e.Text = text
	} else {
		e.Bytes = body
	}
}

// isText is whether SQS takes a text, once JSON has escaped its control letters.
func isText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsAny(s, "\ufffe\uffff")
}

// encode returns the text of the message.
func (e *envelope) encode() (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return "", fmt.Errorf("%w: encode job: %w", contract.ErrInternal, err)
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// openEnvelope reads the text of a message.
func openEnvelope(text string) (*envelope, error) {
	e := new(envelope)
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(e); err != nil {
		return nil, fmt.Errorf("the message is not a job: %w", err)
	}
	switch {
	case d.More():
		return nil, errors.New("the message is not a job: something follows it")
	case e.Version != envelopeVersion:
		return nil, fmt.Errorf("the message is not a job of version %d, but of %d", envelopeVersion, e.Version)
	case e.ID == "" || e.Group == "" || len(e.Group) > mostGroup:
		return nil, errors.New("the message is not a job: it has no id or no group")
	case e.DelayMS < 0 || len(e.Text) > 0 && len(e.Bytes) > 0:
		return nil, errors.New("the message is not a job: its delay is negative or it has two bodies")
	}
	return e, nil
}

// job returns the job as it was enqueued.
func (e *envelope) job(queue string) contract.Job {
	body := e.Bytes
	if e.Text != "" {
		body = []byte(e.Text)
	}
	return contract.Job{
		Queue: queue, ID: e.ID, GroupKey: e.Group, Body: body, MaxAttempts: e.MaxAttempts, Delay: millis(e.DelayMS),
	}
}

// cleanReason makes a reason short and text.
func cleanReason(reason string) string {
	reason = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || r == 0xfffe || r == 0xffff {
			return '?'
		}
		return r
	}, reason)
	for len(reason) > mostReason {
		_, size := utf8.DecodeLastRuneInString(reason)
		reason = reason[:len(reason)-size]
	}
	return reason
}
