package testserver

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// knows reports whether a node has learnt of so many others, with all that clients
// are told of them: what comes last is which part of the data they have.
func (c *Cassandra) knows(ctx context.Context, others int) error {
	rows, err := c.query(ctx, "SELECT tokens FROM system.peers_v2")
	if err != nil {
		return err
	}
	if n := cqlFilled(rows); n != others {
		return fmt.Errorf("node %s knows %d others of %d", c.Addr, n, others)
	}
	return nil
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
