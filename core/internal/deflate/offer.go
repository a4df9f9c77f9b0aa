package deflate

import (
	"slices"
	"strconv"
	"strings"
)

// Extension is the name of the extension.
const Extension = "permessage-deflate"

// Accepted is the answer to an offer that Accepts.
const Accepted = Extension + "; server_no_context_takeover; client_no_context_takeover"

// Accepts reports whether one of the offers of a client, the values of its
// Sec-WebSocket-Extensions headers, can be met: by a server that compresses each
// message by itself with a window of 32 KiB and asks the same of the client.
// Offers that are malformed are passed over, as if they had not been made.
func Accepts(headers []string) bool {
	for _, header := range headers {
		if slices.ContainsFunc(strings.Split(header, ","), acceptable) {
			return true
		}
	}
	return false
}

func acceptable(offer string) bool {
	parts := strings.Split(offer, ";")
	if strings.TrimSpace(parts[0]) != Extension {
		return false
	}
	seen := map[string]bool{}
	for _, part := range parts[1:] {
		name, value, hasValue := strings.Cut(strings.TrimSpace(part), "=")
		if seen[name] || !possible(name, value, hasValue) {
			return false
		}
		seen[name] = true
	}
	return true
}

// possible reports whether a parameter is well-formed and can be met.
func possible(name, value string, hasValue bool) bool {
	switch name {
	case "server_no_context_takeover", "client_no_context_takeover":
		return !hasValue
	case "client_max_window_bits":
		return !hasValue || windowBits(value) > 0
	case "server_max_window_bits":
		return windowBits(value) == 15
	default:
		return false
	}
}

// windowBits reads a number from 8 to 15, in quotes or not; 0 for anything else.
func windowBits(value string) int {
	if n := len(value); n > 1 && value[0] == '"' && value[n-1] == '"' {
		value = value[1 : n-1]
	}
	bits, err := strconv.Atoi(value)
	if err != nil || bits < 8 || bits > 15 || strconv.Itoa(bits) != value {
		return 0
	}
	return bits
}
