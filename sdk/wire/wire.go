package wire

import (
	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
)

// The limits of the protocol, in bytes. They hold in both directions.
const (
	// MaxMessage bounds one operation or result with all that it carries.
	MaxMessage = 16 << 20
	// maxFrame is what gRPC is told: MaxMessage and room for headers around it.
	maxFrame = MaxMessage + 64<<10
)

// The names of the protocol between a server and the plugins that it starts.
const (
	// ProtocolMajor is the version that go-plugin negotiates.
	ProtocolMajor = 1
	// ProtocolMinor counts additive changes.
	ProtocolMinor = 0
	// PluginName is the name of the one plugin in go-plugin's plugin set.
	PluginName = "backend"
	// LifelineEnv names the environment variable with the number of the
	// descriptor that is the lifeline: its first line is the call token in hex,
	// its end tells the plugin to drain and exit.
	LifelineEnv = "PLUGIN_LIFELINE_FD"
	// TokenMetadata is the metadata key of the call token.
	TokenMetadata = "x-plugin-token"
)

// HandshakeConfig has the fields of go-plugin's type of that name, so that one
// converts into the other.
type HandshakeConfig struct {
	ProtocolVersion  uint
	MagicCookieKey   string
	MagicCookieValue string
}

// Handshake is what tells a plugin that a server started it, not a person. It
// protects nothing.
var Handshake = HandshakeConfig{
	ProtocolVersion:  ProtocolMajor,
	MagicCookieKey:   "BACKEND_PLUGIN_COOKIE",
	MagicCookieValue: "5f0c1b6fb02b5c2c6e3f7dcb0a9df4c1c6d96b1ed6be1c1f8b2a2c4f7f0f9d53",
}

// Windows of HTTP/2, in bytes. Fixed ones spare the pings with which gRPC
// measures the connection; the connection's is larger so that one stream that
// is not read leaves room for the others.
const (
	streamWindow     = 1 << 20
	connectionWindow = 16 << 20
)

// DialOptions returns what every connection to a plugin needs: the limits, no
// idling, and the call token, unless it is "". Transport credentials are the
// caller's to add.
func DialOptions(token string) []grpc.DialOption {
	opts := []grpc.DialOption{
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxFrame), grpc.MaxCallSendMsgSize(maxFrame)),
		grpc.WithInitialWindowSize(streamWindow),
		grpc.WithInitialConnWindowSize(connectionWindow),
		grpc.WithIdleTimeout(0),
		grpc.WithDisableRetry(),
	}
	if token != "" {
		opts = append(opts, grpc.WithPerRPCCredentials(tokenCredentials(token)))
	}
	return opts
}

// GRPCServerOptions returns the options for grpc.NewServer on the plugin's side: the limits, the call
// token which each call must carry (unless it is ""), and the recovery of
// panics outside of drivers, which are logged unless logger is nil.
func GRPCServerOptions(token string, logger hclog.Logger) []grpc.ServerOption {
	g := guard{token: token, logger: logger}
	return []grpc.ServerOption{
		grpc.MaxRecvMsgSize(maxFrame),
		grpc.MaxSendMsgSize(maxFrame),
		grpc.InitialWindowSize(streamWindow),
		grpc.InitialConnWindowSize(connectionWindow),
		grpc.ChainUnaryInterceptor(g.unary),
		grpc.ChainStreamInterceptor(g.stream),
	}
}
