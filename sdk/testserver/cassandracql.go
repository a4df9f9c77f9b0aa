package testserver

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
)

// Kinds of frames of the native protocol.
const (
	cqlStartup      byte = 1
	cqlAuthenticate byte = 3
	cqlQuery        byte = 7
	cqlAnswer       byte = 15
	cqlError        byte = 0
)

// CQL runs a statement as the user that a node makes of itself if it wants one.
func (c *Cassandra) CQL(tb TB, statement string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := c.query(ctx, statement); err != nil {
		tb.Fatalf("%s: %v", statement, err)
	}
}

// admits reports whether the first user can get in, whom a node makes just after it
// has begun to answer.
func (c *Cassandra) admits(ctx context.Context) error {
	_, err := c.query(ctx, "SELECT key FROM system.local")
	return err
}

// query returns the body of the answer.
func (c *Cassandra) query(ctx context.Context, statement string) ([]byte, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", c.Addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	if err := cqlEnter(conn); err != nil {
		return nil, err
	}
	_, body, err := cqlAsk(conn, cqlQuery, append(cqlLong(statement), 0, 1, 0)) // consistency ONE, no flags
	return body, err
}

// cqlEnter begins a session, with a name if one is asked for.
func cqlEnter(conn net.Conn) error {
	kind, _, err := cqlAsk(conn, cqlStartup, cqlText(cqlText([]byte{0, 1}, "CQL_VERSION"), "3.0.0"))
	if err == nil && kind == cqlAuthenticate {
		_, _, err = cqlAsk(conn, cqlAnswer, cqlLong("\x00cassandra\x00cassandra"))
	}
	return err
}

func cqlText(to []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint16(to, uint16(len(text))), text...)
}

func cqlLong(text string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(text))), text...)
}

// cqlAsk sends a frame, without flags and as stream 0, and returns what is answered.
func cqlAsk(conn net.Conn, kind byte, body []byte) (byte, []byte, error) {
	const version = 4
	frame := binary.BigEndian.AppendUint32([]byte{version, 0, 0, 0, kind}, uint32(len(body)))
	if _, err := conn.Write(append(frame, body...)); err != nil {
		return 0, nil, err
	}
	head := make([]byte, 9)
	if _, err := io.ReadFull(conn, head); err != nil {
		return 0, nil, err
	}
	body = make([]byte, binary.BigEndian.Uint32(head[5:]))
	if _, err := io.ReadFull(conn, body); err != nil {
		return 0, nil, err
	}
	if head[4] == cqlError {
		return 0, nil, fmt.Errorf("the node answers: %q", body)
	}
	return head[4], body, nil
}
