package pusher

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// The causes of an Error about a signature.
var (
	ErrMissingAuth   = errors.New("auth is missing")
	ErrMalformedAuth = errors.New("auth is not a key and a signature")
	ErrWrongKey      = errors.New("auth has the key of another app")
	ErrBadSignature  = errors.New("signature is wrong")
)

// VerifyChannelAuth checks the signature with which a back end lets the
// connection id join ch, and returns nil or an *Error with CodeUnauthorized and
// one of the causes above. Channels that need no auth always pass.
//
// What is signed is the socket id, the channel and, if there is any, the
// channelData, with colons between. A signature without channelData is good
// too, except for presence channels, where it says who joins. The text of the
// error shows what should have been signed, never the signature itself.
func VerifyChannelAuth(ss Signers, appKey string, id SocketID, ch Channel, auth, channelData []byte) error {
	if !ch.NeedsAuth() {
		return nil
	}
	if len(auth) == 0 {
		return unauthorized(ErrMissingAuth, "Auth info required to subscribe to "+ch.Name)
	}
	signature, cause := splitAuth(appKey, auth)
	if cause != nil {
		return unauthorized(cause, fmt.Sprintf("Invalid key in subscription auth data: '%s'", brief(auth)))
	}
	var scratch [512]byte
	short := append(id.AppendTo(scratch[:0]), ':')
	short = append(short, ch.Name...)
	full := short
	if len(channelData) > 0 {
		full = append(append(full, ':'), channelData...)
	}
	if ss.Verify(full, signature) {
		return nil
	}
	if ch.Class != Presence && len(full) > len(short) && ss.Verify(short, signature) {
		return nil
	}
	return badSignature(full, signature)
}

// splitAuth takes the signature out of "KEY:SIGNATURE".
func splitAuth(appKey string, auth []byte) (signature []byte, cause error) {
	if rest := auth[min(len(appKey), len(auth)):]; len(rest) > 1 && rest[0] == ':' && hasPrefix(auth, appKey) {
		return rest[1:], nil
	}
	if i := bytes.IndexByte(auth, ':'); i > 0 && i < len(auth)-1 {
		return nil, ErrWrongKey
	}
	return nil, ErrMalformedAuth
}

func unauthorized(cause error, message string) error {
	return &Error{Code: CodeUnauthorized, Message: message, Type: TypeAuth, Status: 401, Cause: cause}
}

func badSignature(message, signature []byte) error {
	return unauthorized(ErrBadSignature, fmt.Sprintf(
		"Invalid signature: Expected HMAC SHA256 hex digest of %s, but got %s", brief(message), brief(signature)))
}

// brief bounds what an error repeats of the input.
func brief(b []byte) string {
	const most = 1024
	if len(b) <= most {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return strings.ToValidUTF8(string(b[:most]), "") + "..."
}
