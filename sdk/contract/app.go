package contract

import "encoding/json"

// App is one tenant: its credentials and what it may do. Values are immutable
// once returned by an AppManager: share them, do not change them.
type App struct {
	// ID is the id in HTTP API paths; Key the public key of clients. Both are
	// unique, compared byte by byte, and never empty.
	ID  string
	Key string
	// Secrets are the live secrets, newest first: the first signs what we send,
	// each of them verifies what we receive (rotation). One or two.
	Secrets []Secret
	// Enabled is false for an app whose clients are refused with code 4003.
	Enabled bool
	// Revision grows with every change of the app. 0 means the store cannot tell.
	Revision uint64

	Limits   Limits
	Features Features
	// AllowedOrigins are the Origin patterns of browsers; nil admits all.
	AllowedOrigins []string
	Webhooks       []Webhook
	// Extra is the JSON object of policy parts that this version does not
	// know, kept so that writing an app back loses nothing. May be nil.
	Extra json.RawMessage
}

// Secret returns the secret that signs, or "".
func (a *App) Secret() Secret {
	if len(a.Secrets) == 0 {
		return ""
	}
	return a.Secrets[0]
}

// Limits of an app. nil means the server's own setting, 0 means unlimited.
type Limits struct {
	MaxConnections            *uint32
	MaxBackendEventsPerSecond *uint32
	MaxClientEventsPerSecond  *uint32
	MaxReadRequestsPerSecond  *uint32
	MaxPresenceMembersPerChan *uint32
	MaxPresenceMemberSizeInKB *uint32
	MaxChannelNameLength      *uint32
	MaxEventChannelsAtOnce    *uint32
	MaxEventNameLength        *uint32
	MaxEventPayloadInKB       *uint32
	MaxEventBatchSize         *uint32
	MaxChannelsPerConnection  *uint32
	DecaySeconds              *uint32 // window of the client event limit, nil or 0: 1 s
	TerminateOnLimit          bool    // close instead of refusing a client event over the limit
	MessageRateLimit          *MessageRateLimit
}

// MessageRateLimit bounds all inbound frames of one connection.
type MessageRateLimit struct {
	Enabled          bool
	MaxAttempts      uint32
	DecaySeconds     uint32
	TerminateOnLimit bool
}

// Features of an app. All are off unless the store says otherwise.
type Features struct {
	ClientMessages        bool
	UserAuthentication    bool
	WatchlistEvents       bool
	AuthorizedConnections bool // close connections that never sign in or join a protected channel
	TLSOnly               bool // refuse plain sockets with code 4000
}

// Webhook is one receiver of an app's events.
type Webhook struct {
	// URL or Lambda is set, never both.
	URL    string
	Lambda *LambdaTarget
	// EventTypes are the names of events to send, as in the webhook body.
	EventTypes []string
	Filter     *WebhookFilter
	// Headers are added to each request; they never replace those of the protocol.
	Headers map[string]string
	Retry   *WebhookRetry
	// RequestTimeoutMS is the deadline of one request; 0 means the server's own setting.
	RequestTimeoutMS uint32
}

// LambdaTarget names an AWS Lambda function.
type LambdaTarget struct {
	FunctionName string
	Region       string
	Async        bool
}

// WebhookFilter narrows a webhook to some channels; empty fields match all.
type WebhookFilter struct {
	ChannelPrefix  string
	ChannelSuffix  string
	ChannelPattern string // regular expression (RE2)
	Namespaces     []string
}

// WebhookRetry overrides the server's retry settings; zero fields mean the server's own.
type WebhookRetry struct {
	Disabled         bool
	MaxAttempts      uint32
	MaxElapsedMS     uint64
	InitialBackoffMS uint64
	MaxBackoffMS     uint64
}
