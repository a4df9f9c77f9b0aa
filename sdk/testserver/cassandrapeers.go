package testserver

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
)

// What is spoken of the native protocol, in version 4 and without a user.
const (
	cqlRequest byte = 4
	cqlStartup byte = 1
	cqlReady   byte = 2
	cqlQuery   byte = 7
	cqlResult  byte = 8
)

// knows reports whether a node has learnt of so many others, with all that clients
// are told of them: what comes last is which part of the data they have.
func (c *Cassandra) knows(ctx context.Context, others int) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", c.Addr)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	startup := cqlText(cqlText([]byte{0, 1}, "CQL_VERSION"), "3.0.0")
	if _, err := cqlAsk(conn, cqlStartup, startup, cqlReady); err != nil {
		return err
	}
	const query = "SELECT tokens FROM system.peers_v2"
	ask := append(binary.BigEndian.AppendUint32(nil, uint32(len(query))), query...)
	rows, err := cqlAsk(conn, cqlQuery, append(ask, 0, 1, 0), cqlResult) // consistency ONE, no flags
	if err != nil {
		return err
	}
	if n := cqlFilled(rows); n != others {
		return fmt.Errorf("node %s knows %d others of %d", c.Addr, n, others)
	}
	return nil
}

func cqlText(to []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint16(to, uint16(len(text))), text...)
}

// cqlAsk sends a frame and returns the body of the answer, which must be of a kind.
func cqlAsk(conn net.Conn, kind byte, body []byte, want byte) ([]byte, error) {
	frame := binary.BigEndian.AppendUint32([]byte{cqlRequest, 0, 0, 0, kind}, uint32(len(body)))
	if _, err := conn.Write(append(frame, body...)); err != nil {
		return nil, err
	}
	head := make([]byte, 9)
	if _, err := io.ReadFull(conn, head); err != nil {
		return nil, err
	}
	body = make([]byte, binary.BigEndian.Uint32(head[5:]))
	if _, err := io.ReadFull(conn, body); err != nil {
		return nil, err
	}
	if head[4] != want {
		return nil, fmt.Errorf("the node answers a frame %d: %q", head[4], body)
	}
	return body, nil
}

// cqlFilled is the number of rows that have something in their one column, a set of texts.
func cqlFilled(result []byte) (filled int) {
	r := bytes.NewReader(result)
	skip := func(n int64) { _, _ = r.Seek(n, io.SeekCurrent) }
	skip(4 + 4 + 4) // rows; one table for all columns; one column
	for range 3 {   // names of keyspace, table and column
		var n uint16
		_ = binary.Read(r, binary.BigEndian, &n)
		skip(int64(n))
	}
	skip(2 + 2) // a set, of texts
	var rows, n int32
	_ = binary.Read(r, binary.BigEndian, &rows)
	for range rows {
		if err := binary.Read(r, binary.BigEndian, &n); errors.Is(err, io.EOF) {
			break
		}
		if n > 0 {
			filled++
			skip(int64(n))
		}
	}
	return filled
}
