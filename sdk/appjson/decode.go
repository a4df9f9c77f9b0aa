package appjson

import (
	"encoding/json"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Option changes how a document is read.
type Option func(*settings)

type settings struct {
	enabled          bool
	secretsElsewhere bool
	unknown          func(path string)
}

// EnabledByDefault makes an app without "enabled" an enabled one. That is the
// rule of stores; in a configuration file such an app is disabled.
func EnabledByDefault() Option { return func(s *settings) { s.enabled = true } }

// SecretsElsewhere admits a document without secrets, as Encode writes it by default.
func SecretsElsewhere() Option { return func(s *settings) { s.secretsElsewhere = true } }

// OnUnknown has tell called with the path of every field that was not
// understood, before Decode returns. Such fields are no problem by themselves.
func OnUnknown(tell func(path string)) Option { return func(s *settings) { s.unknown = tell } }

func settingsOf(opts []Option) settings {
	var s settings
	for _, opt := range opts {
		opt(&s)
	}
	return s
}

// Decode reads an app in either form. The error, if any, is Problems, and then
// there is no app. The app's Revision is 0: a store knows it, not the document.
func Decode(doc []byte, opts ...Option) (*contract.App, error) {
	s := settingsOf(opts)
	r := &reader{unknown: s.unknown}
	o := r.object("", doc)
	if err := r.err(); err != nil {
		return nil, err
	}
	app := &contract.App{Enabled: s.enabled}
	o.flag("enabled", &app.Enabled)
	readCredentials(o, app, s)
	if o.has("policy") {
		readPolicy(o.child("policy"), app)
		for _, f := range FlatFields() {
			delete(o.fields, f.Name)
		}
	} else {
		readFlat(o, app)
	}
	o.reportRest()
	if err := r.err(); err != nil {
		return nil, err
	}
	return app, nil
}

// DecodePolicy reads a policy that is stored by itself into app, whose
// credentials it leaves alone. The error is Problems, with paths that begin at
// "policy"; then app is unchanged.
func DecodePolicy(app *contract.App, policy []byte, opts ...Option) error {
	r := &reader{unknown: settingsOf(opts).unknown}
	read := contract.App{
		ID: app.ID, Key: app.Key, Secrets: app.Secrets, Enabled: app.Enabled, Revision: app.Revision,
	}
	readPolicy(r.object("policy", policy), &read)
	if err := r.err(); err != nil {
		return err
	}
	*app = read
	return nil
}

func readCredentials(o object, app *contract.App, s settings) {
	app.ID = required(o, "id")
	app.Key = required(o, "key")
	before := len(o.r.problems)
	app.Secrets = readSecrets(o)
	if len(app.Secrets) == 0 && !s.secretsElsewhere && len(o.r.problems) == before {
		o.r.addf(o.path("secret"), "must not be empty")
	}
}

// required reads a string that must not be empty.
func required(o object, name string) string {
	before := len(o.r.problems)
	s := o.text(name)
	if s == "" && len(o.r.problems) == before {
		o.r.addf(o.path(name), "must not be empty")
	}
	return s
}

// readPolicy reads the nested form.
func readPolicy(o object, app *contract.App) {
	rest := readParts(o, app)
	extra := rest[""]
	for _, part := range policyParts {
		if len(rest[part]) > 0 {
			extra[part] = marshalRaw(rest[part])
		}
	}
	setExtra(app, extra)
}

// readParts reads a policy and returns what it did not understand of it.
func readParts(o object, app *contract.App) parts {
	limits, features, channels := o.child("limits"), o.child("features"), o.child("channels")
	readLimits(limits, &app.Limits)
	readFeatures(features, &app.Features)
	app.AllowedOrigins = channels.texts("allowed_origins")
	app.Webhooks = readWebhooks(o)
	for _, part := range []object{limits, features, channels, o} {
		part.reportRest()
	}
	return parts{"limits": limits.fields, "features": features.fields, "channels": channels.fields, "": o.fields}
}

// readFlat reads the old form.
func readFlat(o object, app *contract.App) {
	readLimits(o, &app.Limits)
	readFeatures(o, &app.Features)
	app.AllowedOrigins = o.texts("allowed_origins")
	app.Webhooks = readWebhooks(o)
	extra := map[string]json.RawMessage{}
	channels := map[string]json.RawMessage{}
	for _, f := range foreignFields {
		if !o.has(f.name) {
			continue
		}
		o.r.tell(o.path(f.name))
		into := extra
		if f.part == "channels" {
			into = channels
		}
		into[f.name], _ = o.take(f.name)
	}
	if len(channels) > 0 {
		extra["channels"] = marshalRaw(channels)
	}
	setExtra(app, extra)
}

func readLimits(o object, l *contract.Limits) {
	for _, f := range limitFields {
		*f.at(l) = whole[uint32](o, f.name)
	}
	o.flag("terminate_on_limit", &l.TerminateOnLimit)
	if !o.has("message_rate_limit") {
		return
	}
	rate := o.child("message_rate_limit")
	l.MessageRateLimit = &contract.MessageRateLimit{
		MaxAttempts:  orElse(whole[uint32](rate, "max_attempts"), 60),
		DecaySeconds: orElse(whole[uint32](rate, "decay_seconds"), 60),
	}
	rate.flag("enabled", &l.MessageRateLimit.Enabled)
	rate.flag("terminate_on_limit", &l.MessageRateLimit.TerminateOnLimit)
	rate.reportRest()
}

func readFeatures(o object, features *contract.Features) {
	for _, f := range featureFields {
		o.flag(f.name, f.at(features))
	}
}

func orElse[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

func setExtra(app *contract.App, extra map[string]json.RawMessage) {
	if len(extra) > 0 {
		app.Extra = marshalRaw(extra)
	}
}

// marshalRaw writes values that were read as valid JSON, so it cannot fail.
func marshalRaw(fields map[string]json.RawMessage) json.RawMessage {
	raw, err := marshal(fields)
	if err != nil {
		panic("appjson: a value that was valid is no longer: " + err.Error())
	}
	return raw
}
