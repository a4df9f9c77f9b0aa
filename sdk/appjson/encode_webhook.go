package appjson

import "github.com/jackfield/jackfield/sdk/contract"

// The JSON form of a webhook as it is written.
type (
	webhookJSON struct {
		URL              string            `json:"url,omitempty"`
		Lambda           *lambdaJSON       `json:"lambda,omitempty"`
		EventTypes       []string          `json:"event_types"`
		Filter           *filterJSON       `json:"filter,omitempty"`
		Headers          map[string]string `json:"headers,omitempty"`
		Retry            *retryJSON        `json:"retry,omitempty"`
		RequestTimeoutMS uint32            `json:"request_timeout_ms,omitempty"`
	}
	lambdaJSON struct {
		FunctionName string `json:"function_name"`
		Region       string `json:"region,omitempty"`
		Async        bool   `json:"async,omitempty"`
	}
	filterJSON struct {
		ChannelPrefix  string   `json:"channel_prefix,omitempty"`
		ChannelSuffix  string   `json:"channel_suffix,omitempty"`
		ChannelPattern string   `json:"channel_pattern,omitempty"`
		Namespaces     []string `json:"channel_namespaces,omitempty"`
	}
	retryJSON struct {
		Enabled          bool   `json:"enabled"`
		MaxAttempts      uint32 `json:"max_attempts,omitempty"`
		MaxElapsedMS     uint64 `json:"max_elapsed_time_ms,omitempty"`
		InitialBackoffMS uint64 `json:"initial_backoff_ms,omitempty"`
		MaxBackoffMS     uint64 `json:"max_backoff_ms,omitempty"`
	}
)

func writeWebhooks(doc map[string]any, app *contract.App) {
	if len(app.Webhooks) == 0 {
		return
	}
	hooks := make([]webhookJSON, len(app.Webhooks))
	for i := range app.Webhooks {
		hooks[i] = webhookOf(&app.Webhooks[i])
	}
	doc["webhooks"] = hooks
}

func webhookOf(w *contract.Webhook) webhookJSON {
	hook := webhookJSON{
		URL: w.URL, EventTypes: w.EventTypes, Headers: w.Headers, RequestTimeoutMS: w.RequestTimeoutMS,
	}
	if hook.EventTypes == nil {
		hook.EventTypes = []string{}
	}
	if l := w.Lambda; l != nil {
		hook.Lambda = &lambdaJSON{FunctionName: l.FunctionName, Region: l.Region, Async: l.Async}
	}
	if f := w.Filter; f != nil {
		hook.Filter = &filterJSON{f.ChannelPrefix, f.ChannelSuffix, f.ChannelPattern, f.Namespaces}
	}
	if r := w.Retry; r != nil {
		hook.Retry = &retryJSON{!r.Disabled, r.MaxAttempts, r.MaxElapsedMS, r.InitialBackoffMS, r.MaxBackoffMS}
	}
	return hook
}
