package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/jackfield/jackfield/sdk/appjson"
)

// cell is one value of a row. gocql turns null into zero, and a limit of zero
// means unlimited; so a cell reads values itself.
type cell struct {
	// value is nil (null), string, int64, bool or []string, or what problem says
	// could not be read.
	value   any
	problem string
}

// UnmarshalCQL implements gocql.Unmarshaler. It never fails: what cannot be read
// concerns one app, not all of a page.
func (c *cell) UnmarshalCQL(info gocql.TypeInfo, data []byte) error {
	*c = cell{}
	if data == nil {
		return nil
	}
	if len(data) == 0 && !isText(info) {
		c.problem = "is empty" // gocql makes zero of it
		return nil
	}
	var err error
	switch info.Type() {
	case gocql.TypeText, gocql.TypeVarchar, gocql.TypeAscii:
		c.value = string(data)
	case gocql.TypeBoolean:
		c.value, err = unmarshal[bool](info, data)
	case gocql.TypeTinyInt, gocql.TypeSmallInt, gocql.TypeInt, gocql.TypeBigInt, gocql.TypeCounter:
		c.value, err = unmarshal[int64](info, data)
	case gocql.TypeVarint:
		c.value, err = varint(info, data)
	case gocql.TypeList, gocql.TypeSet:
		c.value, err = texts(info, data)
	default:
		c.problem = "is of a type that has no place here"
	}
	if err != nil {
		c.value, c.problem = nil, "cannot be read as what its type says"
	}
	return nil
}

func isText(info gocql.TypeInfo) bool {
	return slices.Contains([]gocql.Type{gocql.TypeText, gocql.TypeVarchar, gocql.TypeAscii}, info.Type())
}

func unmarshal[T any](info gocql.TypeInfo, data []byte) (any, error) {
	var v T
	err := gocql.Unmarshal(info, data, &v)
	return v, err
}

func varint(info gocql.TypeInfo, data []byte) (any, error) {
	var n big.Int
	if err := gocql.Unmarshal(info, data, &n); err != nil || !n.IsInt64() {
		return nil, fmt.Errorf("no number of 64 bits: %w", err)
	}
	return n.Int64(), nil
}

// texts reads a list. gocql makes room for as many texts as the list says that it
// has; each has at least a length of four bytes, as the number itself.
func texts(info gocql.TypeInfo, data []byte) (any, error) {
	const length = 4
	if len(data) < length || uint64(binary.BigEndian.Uint32(data)) > uint64(len(data)/length) {
		return nil, errors.New("no list")
	}
	return unmarshal[[]string](info, data)
}

// json writes the cell as JSON, nil if it is null. A list or an object is text
// that holds JSON. Otherwise it says what is wrong.
func (c cell) json(kind appjson.FieldKind) (raw json.RawMessage, problem string) {
	text, isText := c.value.(string)
	switch {
	case c.problem != "":
		return nil, c.problem
	case c.value == nil:
		return nil, ""
	case !isText || kind != appjson.Value:
		return appjson.FieldOf(c.value)
	}
	return appjson.FieldOfText(text)
}
