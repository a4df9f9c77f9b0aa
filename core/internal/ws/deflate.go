package ws

import (
	"bytes"
	"net/http"

	"github.com/jackfield/jackfield/core/internal/deflate"
)

// negotiate decides about compression and shows the library only what we have
// decided: it does not read offers with care.
func (c *Conn) negotiate(req *http.Request) {
	const header = "Sec-Websocket-Extensions"
	offers := req.Header[header]
	if len(offers) == 0 {
		return
	}
	if !c.server.opts.Deflate || !deflate.Accepts(offers) {
		delete(req.Header, header)
		return
	}
	req.Header[header] = []string{deflate.Accepted}
	c.guard = &deflate.Guard{}
}

// Deflates reports whether the client takes compressed messages.
func (c *Conn) Deflates() bool { return c.guard != nil }

// inflateCode returns the close code for a message that the library could not
// decompress: it grew over the limit, or is not what it seems to be.
func inflateCode(closeFrame []byte) uint16 {
	if bytes.Contains(closeFrame, []byte("too large")) {
		return 1009
	}
	return 1007
}
