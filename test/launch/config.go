package launch

import "maps"

// App is an app of the configuration file. Fields are the other settings of the
// app under their names in the file; "enabled" is true unless they say otherwise.
type App struct {
	ID, Key, Secret string
	Fields          map[string]any
}

// Demo is the app with everything allowed that most tests use.
var Demo = App{ID: "app-id", Key: "app-key", Secret: "app-secret", Fields: map[string]any{"enable_client_messages": true}}

func (a App) record() map[string]any {
	record := map[string]any{"id": a.ID, "key": a.Key, "secret": a.Secret, "enabled": true}
	maps.Copy(record, a.Fields)
	return record
}

// config returns the configuration of a server; extra wins over what is made here.
func config(port, metricsPort int, runDir string, plugins []string, apps []App, extra map[string]any) map[string]any {
	records := make([]any, len(apps))
	for i, app := range apps {
		records[i] = app.record()
	}
	cfg := map[string]any{
		"host":           "127.0.0.1",
		"port":           port,
		"metrics":        map[string]any{"host": "127.0.0.1", "port": metricsPort},
		"plugin_run_dir": runDir,
		"app_manager":    map[string]any{"driver": "memory", "array": map[string]any{"apps": records}},
	}
	if raceEnabled {
		env := make(map[string]any)
		for _, name := range plugins {
			env[name] = map[string]any{"env": []string{"GORACE"}}
		}
		cfg["plugins"] = env
	}
	maps.Copy(cfg, extra)
	return cfg
}
