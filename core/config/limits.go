package config

import "time"

// ChannelLimits bound channels of apps without limits of their own.
type ChannelLimits struct {
	MaxNameLength uint32        `key:"max_name_length" live:"" default:"200" doc:"Longest channel name; 0 = no limit."`
	CacheTTL      time.Duration `key:"cache_ttl" fallback:"CACHE_TTL_SECONDS" unit:"s" default:"3600" doc:"How long a cache channel keeps its last event."`
}

// EventLimits bound events of apps without limits of their own; 0 = no limit.
type EventLimits struct {
	MaxChannelsAtOnce uint32 `key:"max_channels_at_once" live:"" default:"100" doc:"Most channels of one publish; 0 = no limit."`
	MaxNameLength     uint32 `key:"max_name_length" live:"" default:"200" doc:"Longest event name; 0 = no limit."`
	MaxPayloadKB      uint32 `key:"max_payload_in_kb" live:"" default:"100" doc:"Largest event data in KB; 0 = no limit."`
	MaxBatchSize      uint32 `key:"max_batch_size" live:"" default:"10" doc:"Most events of one batch; 0 = no limit."`
}

// Presence bounds presence channels of apps without limits of their own.
type Presence struct {
	MaxMembersPerChannel uint32        `key:"max_members_per_channel" live:"" default:"100" doc:"Most members of a channel; 0 = no limit."`
	MaxMemberSizeKB      uint32        `key:"max_member_size_in_kb" live:"" default:"2" doc:"Largest member data in KB; 0 = no limit."`
	UngracefulTimeout    time.Duration `key:"ungraceful_timeout_seconds" env:"PRESENCE_UNGRACEFUL_TIMEOUT_SECONDS" unit:"s" default:"0" doc:"How long a member whose connection broke off is kept."`
	UpdateRateLimit      uint32        `key:"update_rate_limit_per_member_per_second" env:"PRESENCE_UPDATE_RATE_LIMIT_PER_MEMBER_PER_SECOND" default:"10" min:"1" dead:"" doc:"Without effect."`
	V2UngracefulTimeout  time.Duration `key:"v2_ungraceful_timeout_seconds" env:"PRESENCE_V2_UNGRACEFUL_TIMEOUT_SECONDS" unit:"s" default:"15" dead:"" doc:"Without effect."`
}

// kb is the unit of size limits.
const kb = 1024

// MaxInboundBytes returns the largest WebSocket message that a client may send
// when its app's event data limit is eventKB (0 = no limit): the configured
// payload size, or the limit and 64 KB for the envelope if that is larger, but
// never more than websocket.max_message_size.
func (c *Config) MaxInboundBytes(eventKB uint32) int64 {
	largest := int64(c.WebSocket.MaxMessageSize)
	if eventKB == 0 {
		return largest
	}
	return min(largest, max(int64(c.Server.WebSocketMaxPayloadKB), int64(eventKB)+64)*kb)
}
