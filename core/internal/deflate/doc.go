// Package deflate is permessage-deflate (RFC 7692) without context takeover: a
// message is compressed by itself, so that the same bytes serve any number of
// clients.
package deflate
