package appjson

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/jackfield/jackfield/sdk/contract"
)

// EncodeOption changes how an app is written.
type EncodeOption func(*encodeSettings)

type encodeSettings struct{ secrets bool }

// WithSecrets writes the secrets in plain text. Without it they are left out.
func WithSecrets() EncodeOption { return func(s *encodeSettings) { s.secrets = true } }

// Encode writes an app in both forms, as one document with sorted keys. Decode
// returns an equal app from it, but for the Revision and, unless asked for, the
// secrets. The error is contract.ErrInvalid: app.Extra is no JSON object.
func Encode(app *contract.App, opts ...EncodeOption) ([]byte, error) {
	var s encodeSettings
	for _, opt := range opts {
		opt(&s)
	}
	extra, err := readExtra(app.Extra)
	if err != nil {
		return nil, err
	}
	doc := map[string]any{
		"id": app.ID, "key": app.Key, "enabled": app.Enabled, "policy": policyOf(app, extra),
	}
	if s.secrets {
		writeSecrets(doc, app.Secrets)
	}
	writeFlat(doc, app, extra)
	return marshal(doc)
}

// EncodePolicy writes the policy alone, for stores that keep it in a column of
// its own. It holds no credentials of the app.
func EncodePolicy(app *contract.App) ([]byte, error) {
	extra, err := readExtra(app.Extra)
	if err != nil {
		return nil, err
	}
	return marshal(policyOf(app, extra))
}

// readExtra takes Extra apart. What this version does know is dropped from it:
// the app's own fields speak for that.
func readExtra(raw json.RawMessage) (parts, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	r := &reader{}
	extra := readParts(r.object("", raw), &contract.App{})
	if err := r.err(); err != nil {
		return nil, fmt.Errorf("extra policy parts: %w", err)
	}
	return extra, nil
}

func policyOf(app *contract.App, extra parts) map[string]any {
	policy := widen(extra[""])
	limits, features, channels := widen(extra["limits"]), widen(extra["features"]), widen(extra["channels"])
	writeLimits(limits, &app.Limits)
	writeFeatures(features, &app.Features)
	writeOrigins(channels, app)
	policy["limits"], policy["features"], policy["channels"] = limits, features, channels
	writeWebhooks(policy, app)
	return policy
}

func writeFlat(doc map[string]any, app *contract.App, extra parts) {
	writeLimits(doc, &app.Limits)
	writeFeatures(doc, &app.Features)
	writeOrigins(doc, app)
	writeWebhooks(doc, app)
	for _, f := range foreignFields {
		if raw, ok := extra[f.part][f.name]; ok {
			doc[f.name] = raw
		}
	}
}

func writeLimits(doc map[string]any, l *contract.Limits) {
	for _, f := range limitFields {
		if p := *f.at(l); p != nil {
			doc[f.name] = *p
		}
	}
	doc["terminate_on_limit"] = l.TerminateOnLimit
	if rate := l.MessageRateLimit; rate != nil {
		doc["message_rate_limit"] = map[string]any{
			"enabled": rate.Enabled, "max_attempts": rate.MaxAttempts,
			"decay_seconds": rate.DecaySeconds, "terminate_on_limit": rate.TerminateOnLimit,
		}
	}
}

func writeFeatures(doc map[string]any, features *contract.Features) {
	for _, f := range featureFields {
		doc[f.name] = *f.at(features)
	}
}

func writeOrigins(doc map[string]any, app *contract.App) {
	if len(app.AllowedOrigins) > 0 {
		doc["allowed_origins"] = app.AllowedOrigins
	}
}

// widen copies fields into a map that takes values of any type.
func widen(fields map[string]json.RawMessage) map[string]any {
	wide := make(map[string]any, len(fields))
	for name, raw := range fields {
		wide[name] = raw
	}
	return wide
}

// marshal leaves "<", ">" and "&" alone, so that reading and writing a
// document again changes nothing.
func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(buf.Bytes()), nil
}
