package config

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"github.com/jackfield/jackfield/core/internal/compat"
	"github.com/jackfield/jackfield/sdk/appjson"
)

const appsKey = "app_manager.array.apps"

// resolveApps decides which apps count and decodes them.
func (l *loader) resolveApps() {
	apps := &l.cfg.AppManager.Array.Apps
	if app, found := l.defaultApp(); found {
		if len(*apps) > 0 {
			l.warnf(appsKey, "are not used: the environment describes the only app")
		}
		*apps = nil
		if app != nil {
			*apps = RawApps{app}
			l.decodeApp("default app", app)
		}
	} else if l.skipInline() && len(*apps) > 0 {
		l.notef(appsKey, "are not used: inline apps are switched off")
		*apps = nil
	} else {
		l.decodeApps(*apps)
	}
	if len(*apps) == 0 && len(l.problems) == 0 && l.cfg.AppManager.Driver == driverMemory {
		l.warnf(appsKey, "holds no app, so every client will be refused (4001): add one, or set %sID, %[1]sKEY and %[1]sSECRET",
			compat.EnvPlainDefaultApp)
	}
}

// skipInline tells whether the apps of the file are to be left out.
func (l *loader) skipInline() bool {
	if word := l.env[compat.EnvSkipInlineApps]; word != "" {
		skip, err := parseBool(word)
		if err != nil {
			l.problems = append(l.problems, Problem{Env: compat.EnvSkipInlineApps, Text: err.Error()})
		}
		if skip {
			return true
		}
	}
	register := l.cfg.AppManager.RegisterInline
	return register != nil && !*register
}

// decodeApps decodes the apps of the file, and finds what is there twice.
func (l *loader) decodeApps(apps []any) {
	first := map[string]string{}
	for i, raw := range apps {
		at := element(appsKey, i)
		table, ok := raw.(map[string]any)
		if !ok {
			l.addf(at, "must be a table of keys, is %s", kindOf(raw))
			continue
		}
		for _, unique := range []string{"id", "key"} {
			value, _ := table[unique].(string)
			where := join(at, unique)
			if other, twice := first[unique+value]; twice && value != "" {
				l.addf(where, "%q is also the %s of %s; it must be unique", value, unique, other)
			} else {
				first[unique+value] = at
			}
		}
		l.decodeApp(at, table)
	}
}

// decodeApp decodes one app, whose place is at.
func (l *loader) decodeApp(at string, table map[string]any) {
	if !l.isJSON(at, table) {
		return
	}
	text, err := json.Marshal(table)
	if err != nil {
		l.addf(at, "cannot be written as JSON")
		return
	}
	app, err := appjson.Decode(text, appjson.OnUnknown(func(path string) { l.unknownAppKey(at, path) }))
	problems, listed := errors.AsType[appjson.Problems](err)
	for _, p := range problems.Under(at) {
		l.addf(p.Path, "%s", p.Text)
	}
	if err != nil && !listed {
		l.addf(at, "%w", err)
	}
	if err == nil {
		l.cfg.resolved.apps = append(l.cfg.resolved.apps, app)
	}
}

// isJSON refuses values that TOML and YAML have and JSON has not: a date would
// silently become text, and a secret such as 2024-01-01 is one if not quoted.
func (l *loader) isJSON(at string, v any) bool {
	switch v := v.(type) {
	case time.Time, toml.LocalDate, toml.LocalTime, toml.LocalDateTime:
		l.addf(at, "is a date or time; if text is meant, put it in quotes")
		return false
	case float64:
		if v-v != 0 {
			l.addf(at, "must be a finite number")
			return false
		}
	case map[string]any:
		ok := true
		for key, value := range v {
			ok = l.isJSON(join(at, key), value) && ok
		}
		return ok
	case []any:
		ok := true
		for i, value := range v {
			ok = l.isJSON(element(at, i), value) && ok
		}
		return ok
	}
	return true
}

func (l *loader) unknownAppKey(at, path string) {
	key := path[strings.LastIndex(path, ".")+1:]
	if near := nearest(key, appKeys()); near != "" && near != key {
		l.warnf(join(at, path), "is not a known key and has no effect; did you mean %s?", near)
		return
	}
	l.notef(join(at, path), "is not offered by this server and has no effect")
}

// appKeys are the keys of an app, its policy and its webhooks, for hints.
func appKeys() []string {
	keys := strings.Fields(`id key secret secrets enabled policy limits features channels webhooks
		max_channels_per_connection decay_seconds terminate_on_limit message_rate_limit max_attempts
		authorized_connections tls_only allowed_origins annotations_enabled channel_delta_compression
		channel_namespaces idempotency connection_recovery history presence_history
		url lambda_function lambda function_name region event_types filter headers retry
		request_timeout_ms channel_prefix channel_suffix channel_pattern channel_namespace
		max_elapsed_time_ms initial_backoff_ms max_backoff_ms`)
	for _, part := range append(append([]string{}, appLimits...), appSwitches...) {
		keys = append(keys, strings.ToLower(part))
	}
	return keys
}
