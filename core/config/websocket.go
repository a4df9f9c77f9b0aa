package config

import "time"

// WebSocket are the settings of client connections.
type WebSocket struct {
	MaxMessages            *uint32       `key:"max_messages" env:"WEBSOCKET_MAX_MESSAGES" none:"" default:"1000" doc:"Most messages that wait for one slow client; none, null or 0 = only bytes count."`
	MaxBytes               *uint64       `key:"max_bytes" env:"WEBSOCKET_MAX_BYTES" none:"" doc:"Most bytes that wait for one slow client; none, null or 0 = max_backpressure."`
	DisconnectOnBufferFull bool          `key:"disconnect_on_buffer_full" env:"WEBSOCKET_DISCONNECT_ON_BUFFER_FULL" default:"true" doc:"Close a client whose buffer is full (code 4100); else its further messages are dropped until there is room."`
	MaxMessageSize         uint64        `key:"max_message_size" env:"WEBSOCKET_MAX_MESSAGE_SIZE" default:"67108864" min:"1024" max:"1073741824" doc:"Bytes that no inbound message exceeds, whatever other limits say."`
	MaxFrameSize           uint64        `key:"max_frame_size" env:"WEBSOCKET_MAX_FRAME_SIZE" default:"16777216" dead:"" doc:"Without effect."`
	WriteBufferSize        uint64        `key:"write_buffer_size" env:"WEBSOCKET_WRITE_BUFFER_SIZE" default:"16384" dead:"" doc:"Without effect."`
	MaxBackpressure        uint64        `key:"max_backpressure" env:"WEBSOCKET_MAX_BACKPRESSURE" default:"1048576" min:"1024" doc:"Bytes that wait for one slow client when max_bytes is not set."`
	AutoPing               bool          `key:"auto_ping" env:"WEBSOCKET_AUTO_PING" default:"true" dead:"" doc:"Without effect."`
	PingInterval           time.Duration `key:"ping_interval" env:"WEBSOCKET_PING_INTERVAL" unit:"s" default:"30" dead:"" doc:"Without effect: see activity_timeout."`
	IdleTimeout            time.Duration `key:"idle_timeout" env:"WEBSOCKET_IDLE_TIMEOUT" unit:"s" default:"120" dead:"" doc:"Without effect: see activity_timeout."`
	AllowMissingOrigin     bool          `key:"allow_missing_origin" env:"WEBSOCKET_ALLOW_MISSING_ORIGIN" default:"false" doc:"Admit clients that send no Origin (anything but browsers) to apps with allowed_origins."`
	PingEvent              bool          `key:"ping_event" env:"WEBSOCKET_PING_EVENT" default:"false" doc:"Ping silent clients with the event pusher:ping, for those behind proxies that drop ping frames."`
	Compression            string        `key:"compression" env:"WEBSOCKET_COMPRESSION" default:"disabled" oneof:"disabled|dedicated|shared|window256b|window1kb|window2kb|window4kb|window8kb|window16kb|window32kb" doc:"permessage-deflate: disabled, or any other value for on (without context takeover)."`
}

// ParkedMessages returns how many messages may wait for one slow client;
// 0 means that only bytes count.
func (w WebSocket) ParkedMessages() uint32 {
	if w.MaxMessages == nil {
		return 0
	}
	return *w.MaxMessages
}

// ParkedBytes returns how many bytes may wait for one slow client; never 0.
func (w WebSocket) ParkedBytes() uint64 {
	if w.MaxBytes == nil || *w.MaxBytes == 0 {
		return w.MaxBackpressure
	}
	return *w.MaxBytes
}
