package wire

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// checkedApp converts an app, or returns ErrInvalid if it cannot be sent. The
// size is that of the encoded app.
func checkedApp(app *contract.App) (*pb.App, int, error) {
	if app == nil {
		return nil, 0, fmt.Errorf("%w: no app", contract.ErrInvalid)
	}
	a := toApp(app)
	encoded, err := proto.Marshal(a)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: app %q: %w", contract.ErrInvalid, app.ID, err)
	}
	return a, len(encoded), nil
}

func toApp(app *contract.App) *pb.App {
	a := &pb.App{
		Id: app.ID, Key: app.Key, Enabled: app.Enabled, Revision: app.Revision, Extra: app.Extra,
		Limits:   toAppLimits(app.Limits),
		Features: toFeatures(app.Features),
	}
	for _, s := range app.Secrets {
		a.Secrets = append(a.Secrets, s.Reveal())
	}
	if app.AllowedOrigins != nil {
		a.AllowedOrigins = &pb.AllowedOrigins{Patterns: app.AllowedOrigins}
	}
	for _, w := range app.Webhooks {
		a.Webhooks = append(a.Webhooks, toWebhook(w))
	}
	return a
}

func fromApp(a *pb.App) *contract.App {
	app := &contract.App{
		ID: a.Id, Key: a.Key, Enabled: a.Enabled, Revision: a.Revision,
		Limits:   fromAppLimits(a.Limits),
		Features: fromFeatures(a.Features),
	}
	if len(a.Extra) > 0 {
		app.Extra = json.RawMessage(a.Extra)
	}
	for _, s := range a.Secrets {
		app.Secrets = append(app.Secrets, contract.Secret(s))
	}
	if a.AllowedOrigins != nil {
		app.AllowedOrigins = append([]string{}, a.AllowedOrigins.Patterns...)
	}
	for _, w := range a.Webhooks {
		app.Webhooks = append(app.Webhooks, fromWebhook(w))
	}
	return app
}

func toFeatures(f contract.Features) *pb.AppFeatures {
	return &pb.AppFeatures{
		ClientMessages: f.ClientMessages, UserAuthentication: f.UserAuthentication, WatchlistEvents: f.WatchlistEvents,
		AuthorizedConnections: f.AuthorizedConnections, TlsOnly: f.TLSOnly,
	}
}

func fromFeatures(f *pb.AppFeatures) contract.Features {
	return contract.Features{
		ClientMessages: f.GetClientMessages(), UserAuthentication: f.GetUserAuthentication(), WatchlistEvents: f.GetWatchlistEvents(),
		AuthorizedConnections: f.GetAuthorizedConnections(), TLSOnly: f.GetTlsOnly(),
	}
}

func toAppLimits(l contract.Limits) *pb.AppLimits {
	p := &pb.AppLimits{
		MaxConnections:               l.MaxConnections,
		MaxBackendEventsPerSecond:    l.MaxBackendEventsPerSecond,
		MaxClientEventsPerSecond:     l.MaxClientEventsPerSecond,
		MaxReadRequestsPerSecond:     l.MaxReadRequestsPerSecond,
		MaxPresenceMembersPerChannel: l.MaxPresenceMembersPerChan,
		MaxPresenceMemberSizeInKb:    l.MaxPresenceMemberSizeInKB,
		MaxChannelNameLength:         l.MaxChannelNameLength,
		MaxEventChannelsAtOnce:       l.MaxEventChannelsAtOnce,
		MaxEventNameLength:           l.MaxEventNameLength,
		MaxEventPayloadInKb:          l.MaxEventPayloadInKB,
		MaxEventBatchSize:            l.MaxEventBatchSize,
		MaxChannelsPerConnection:     l.MaxChannelsPerConnection,
		DecaySeconds:                 l.DecaySeconds,
		TerminateOnLimit:             l.TerminateOnLimit,
	}
	if m := l.MessageRateLimit; m != nil {
		p.MessageRateLimit = &pb.MessageRateLimit{
			Enabled: m.Enabled, MaxAttempts: m.MaxAttempts, DecaySeconds: m.DecaySeconds, TerminateOnLimit: m.TerminateOnLimit,
		}
	}
	return p
}

func fromAppLimits(p *pb.AppLimits) contract.Limits {
	if p == nil {
		return contract.Limits{}
	}
	l := contract.Limits{
		MaxConnections:            p.MaxConnections,
		MaxBackendEventsPerSecond: p.MaxBackendEventsPerSecond,
		MaxClientEventsPerSecond:  p.MaxClientEventsPerSecond,
		MaxReadRequestsPerSecond:  p.MaxReadRequestsPerSecond,
		MaxPresenceMembersPerChan: p.MaxPresenceMembersPerChannel,
		MaxPresenceMemberSizeInKB: p.MaxPresenceMemberSizeInKb,
		MaxChannelNameLength:      p.MaxChannelNameLength,
		MaxEventChannelsAtOnce:    p.MaxEventChannelsAtOnce,
		MaxEventNameLength:        p.MaxEventNameLength,
		MaxEventPayloadInKB:       p.MaxEventPayloadInKb,
		MaxEventBatchSize:         p.MaxEventBatchSize,
		MaxChannelsPerConnection:  p.MaxChannelsPerConnection,
		DecaySeconds:              p.DecaySeconds,
		TerminateOnLimit:          p.TerminateOnLimit,
	}
	if m := p.MessageRateLimit; m != nil {
		l.MessageRateLimit = &contract.MessageRateLimit{
			Enabled: m.Enabled, MaxAttempts: m.MaxAttempts, DecaySeconds: m.DecaySeconds, TerminateOnLimit: m.TerminateOnLimit,
		}
	}
	return l
}

func toWebhook(w contract.Webhook) *pb.Webhook {
	p := &pb.Webhook{
		Url: w.URL, EventTypes: w.EventTypes, Headers: w.Headers, RequestTimeoutMs: w.RequestTimeoutMS,
	}
	if l := w.Lambda; l != nil {
		p.Lambda = &pb.LambdaTarget{FunctionName: l.FunctionName, Region: l.Region, Async: l.Async}
	}
	if f := w.Filter; f != nil {
		p.Filter = &pb.WebhookFilter{
			ChannelPrefix: f.ChannelPrefix, ChannelSuffix: f.ChannelSuffix, ChannelPattern: f.ChannelPattern, Namespaces: f.Namespaces,
		}
	}
	if r := w.Retry; r != nil {
		p.Retry = &pb.WebhookRetry{
			Disabled: r.Disabled, MaxAttempts: r.MaxAttempts, MaxElapsedMs: r.MaxElapsedMS,
			InitialBackoffMs: r.InitialBackoffMS, MaxBackoffMs: r.MaxBackoffMS,
		}
	}
	return p
}

func fromWebhook(p *pb.Webhook) contract.Webhook {
	w := contract.Webhook{
		URL: p.GetUrl(), EventTypes: slices.Clone(p.GetEventTypes()), Headers: maps.Clone(p.GetHeaders()), RequestTimeoutMS: p.GetRequestTimeoutMs(),
	}
	if l := p.GetLambda(); l != nil {
		w.Lambda = &contract.LambdaTarget{FunctionName: l.FunctionName, Region: l.Region, Async: l.Async}
	}
	if f := p.GetFilter(); f != nil {
		w.Filter = &contract.WebhookFilter{
			ChannelPrefix: f.ChannelPrefix, ChannelSuffix: f.ChannelSuffix, ChannelPattern: f.ChannelPattern, Namespaces: slices.Clone(f.Namespaces),
		}
	}
	if r := p.GetRetry(); r != nil {
		w.Retry = &contract.WebhookRetry{
			Disabled: r.Disabled, MaxAttempts: r.MaxAttempts, MaxElapsedMS: r.MaxElapsedMs,
			InitialBackoffMS: r.InitialBackoffMs, MaxBackoffMS: r.MaxBackoffMs,
		}
	}
	return w
}
