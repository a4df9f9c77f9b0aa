package pusher

// Code is a number that tells a client why something was refused or why its
// connection ends. Clients derive from the range whether to connect again.
type Code uint16

// The codes. Those below 4000 belong to WebSocket, the others to the Pusher protocol,
// which has more: docs/protocol.md says why those are never sent.
const (
	// NoCode is written as null: an error that ends nothing.
	NoCode Code = 0

	CodeUnsupportedData     Code = 1003 // binary frame
	CodeTooBig              Code = 1009 // inbound message over the limit
	CodeTLSOnly             Code = 4000
	CodeUnknownApp          Code = 4001
	CodeAppDisabled         Code = 4003
	CodeOverQuota           Code = 4004 // connections of the app
	CodeInvalidVersion      Code = 4006
	CodeUnsupportedProtocol Code = 4007
	CodeUnauthorized        Code = 4009 // origin, terminated; in a frame also subscription and sign-in
	CodeOverCapacity        Code = 4100 // node full, or the client reads too slowly
	CodeReconnect           Code = 4200 // the server shuts down
	CodePongTimeout         Code = 4201
	CodeClientEvent         Code = 4301 // client event refused; never closes
	CodeWatchlist           Code = 4302 // watchlist was cut; never closes
)

var codeTexts = map[Code]string{
	CodeUnsupportedData:     "Only text frames are supported",
	CodeTooBig:              "Message is too big",
	CodeTLSOnly:             "Application only accepts TLS connections, reconnect using wss://",
	CodeUnknownApp:          "Application does not exist",
	CodeAppDisabled:         "Application is disabled",
	CodeOverQuota:           "Application is over its connection quota",
	CodeInvalidVersion:      "Invalid version string format",
	CodeUnsupportedProtocol: "Unsupported protocol version",
	CodeUnauthorized:        "Connection is unauthorized",
	CodeOverCapacity:        "Over capacity",
	CodeReconnect:           "Please reconnect immediately",
	CodePongTimeout:         "Pong reply not received",
	CodeClientEvent:         "Client event rejected",
	CodeWatchlist:           "Watchlist limit exceeded",
}

// Text returns the usual text of c, "" for a code that is not listed.
func (c Code) Text() string { return codeTexts[c] }

// Retry is what a client does after a close.
type Retry uint8

// The ways to go on after a close.
const (
	RetryBackoff Retry = iota // after a second or more
	RetryNow                  // at once
	RetryNever                // the same connection would be refused again
)

// Retry returns what clients do when a connection is closed with c. Codes of
// 4300 and above are meant for frames; a client that is closed with one never
// comes back, so none may be used to close.
func (c Code) Retry() Retry {
	switch {
	case c >= 4000 && c < 4100, c >= 4300:
		return RetryNever
	case c >= 4200 && c < 4300:
		return RetryNow
	default:
		return RetryBackoff
	}
}
