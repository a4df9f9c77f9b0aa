package config

import (
	"strings"

	"github.com/jackfield/jackfield/core/internal/compat"
)

// An app can be described by the environment alone. Each of its names begins
// with one of these, the first that is set counts.
var defaultAppPrefixes = []string{
	compat.EnvDefaultApp, compat.EnvPlainDefaultApp, compat.EnvSoketiDefaultApp,
}

// The names of the default app, without prefix; as keys of an app they are
// written in small letters.
var (
	appCredentials = []string{"ID", "KEY", "SECRET"}
	appLimits      = []string{
		"MAX_CONNECTIONS", "MAX_BACKEND_EVENTS_PER_SECOND", "MAX_CLIENT_EVENTS_PER_SECOND",
		"MAX_READ_REQUESTS_PER_SECOND", "MAX_PRESENCE_MEMBERS_PER_CHANNEL",
		"MAX_PRESENCE_MEMBER_SIZE_IN_KB", "MAX_CHANNEL_NAME_LENGTH", "MAX_EVENT_CHANNELS_AT_ONCE",
		"MAX_EVENT_NAME_LENGTH", "MAX_EVENT_PAYLOAD_IN_KB", "MAX_EVENT_BATCH_SIZE",
	}
	appSwitches = []string{
		"ENABLE_CLIENT_MESSAGES", "ENABLE_USER_AUTHENTICATION", "ENABLE_WATCHLIST_EVENTS", "ANNOTATIONS_ENABLED",
	}
)

// defaultAppLimit is each limit of the default app that the environment does not set.
const defaultAppLimit = 100

// defaultAppNames returns every environment name that describes the default app.
func defaultAppNames() []string {
	var names []string
	for _, prefix := range defaultAppPrefixes {
		for _, group := range [][]string{appCredentials, appLimits, appSwitches, {"ENABLED", "ALLOWED_ORIGINS"}} {
			for _, name := range group {
				names = append(names, prefix+name)
			}
		}
	}
	return names
}

// appVariable returns the environment name in use for a part of the default
// app, and its value; "" if none is set.
func (l *loader) appVariable(part string) (name, value string) {
	for _, prefix := range defaultAppPrefixes {
		if value, set := l.env[prefix+part]; set {
			return prefix + part, value
		}
	}
	return "", ""
}

// defaultApp returns the app that the environment describes. found is true if
// it describes one or switches the default app off; both put the apps of the
// file aside. app is nil if there is none to serve.
func (l *loader) defaultApp() (app map[string]any, found bool) {
	app = map[string]any{"enabled": true}
	found = l.appCredentials(app)
	if name, value := l.appVariable("ENABLED"); name != "" {
		if on, ok := l.appBool(name, value); ok && !on {
			return nil, true
		}
	}
	for _, part := range appLimits {
		app[strings.ToLower(part)] = l.appLimit(part)
	}
	for _, part := range appSwitches {
		if l.appSwitch(part) {
			app[strings.ToLower(part)] = true
		}
	}
	if _, value := l.appVariable("ALLOWED_ORIGINS"); value != "" {
		app["allowed_origins"], _ = texts(value)
	}
	if app["id"] == "" {
		return nil, found
	}
	return app, true
}

// appCredentials puts id, key and secret into app and tells whether there is
// any of them. A part that is missing is a problem.
func (l *loader) appCredentials(app map[string]any) (found bool) {
	var set, missing []string
	for _, part := range appCredentials {
		name, value := l.appVariable(part)
		app[strings.ToLower(part)] = value
		if name == "" {
			missing = append(missing, part)
		} else {
			set = append(set, name)
		}
	}
	if len(set) == 0 || len(missing) == 0 {
		return len(set) > 0
	}
	prefix := defaultAppPrefixes[0]
	for _, p := range defaultAppPrefixes {
		if strings.HasPrefix(set[0], p) {
			prefix = p
		}
	}
	for i := range missing {
		missing[i] = prefix + missing[i]
	}
	l.problems = append(l.problems, Problem{
		Env: set[0], Text: "describes an app only together with " + enumeration(missing) + "; set that too",
	})
	app["id"] = ""
	return true
}

func (l *loader) appLimit(part string) any {
	name, value := l.appVariable(part)
	if name == "" {
		return defaultAppLimit
	}
	n, err := number(value)
	if err != nil || n < 0 || n != float64(uint32(n)) {
		l.problems = append(l.problems, Problem{
			Env: name, Text: mustBe("a whole number, 0 for no limit", value).Error(),
		})
		return defaultAppLimit
	}
	return uint32(n)
}

func (l *loader) appSwitch(part string) bool {
	name, value := l.appVariable(part)
	if name == "" && part == "ENABLE_CLIENT_MESSAGES" {
		name, value = compat.EnvEnableClientMessages, l.env[compat.EnvEnableClientMessages]
	}
	if value == "" {
		return false
	}
	on, _ := l.appBool(name, value)
	return on
}

func (l *loader) appBool(name, value string) (on, ok bool) {
	on, err := parseBool(value)
	if err != nil {
		l.problems = append(l.problems, Problem{Env: name, Text: err.Error()})
	}
	return on, err == nil
}
