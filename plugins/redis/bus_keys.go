package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/jackfield/jackfield/sdk/contract"
)

// busSchema is the version of the layout of keys; it stands in every key.
const busSchema = 1

// busKeys names what the bus keeps in Redis. All of a cell has one hash tag, so
// that one script, one slot and one pub/sub connection serve it.
type busKeys struct {
	prefix string
	cells  []string // by cell: what its keys and topics begin with
}

func newBusKeys(prefix string, cells uint32) busKeys {
	k := busKeys{prefix: fmt.Sprintf("%sv%d:", prefix, busSchema)}
	for n := range cells {
		k.cells = append(k.cells, fmt.Sprintf("%s{%d}:", k.prefix, n))
	}
	return k
}

// schema is the hash that says how the keys are laid out, and the number of cells.
func (k busKeys) schema() string { return k.prefix + "schema" }

// meta is the key from which the script derives all others of a cell.
func (k busKeys) meta(cell uint32) string { return k.cells[cell] + "meta" }

// state is where a cell's changes are published.
func (k busKeys) state(cell uint32) string { return k.cells[cell] + "state" }

// topic is where the messages of a topic are published.
func (k busKeys) topic(t contract.Topic) string { return k.cells[t.Cell] + "t:" + t.Name }

// stateName writes a key of state as the script knows it; lengths keep an app
// with a colon in its id apart from others.
func stateName(k contract.StateKey) (string, error) {
	letter := ""
	switch k.Kind {
	case contract.StatePresence:
		letter = "m"
	case contract.StateCount:
		letter = "n"
	default:
		return "", fmt.Errorf("state kind %d: %w", k.Kind, contract.ErrInvalid)
	}
	return fmt.Sprintf("%s:%d:%s:%s", letter, len(k.App), k.App, k.Name), nil
}

// stateKey reads what stateName wrote.
func stateKey(name string) (contract.StateKey, error) {
	letter, rest, _ := strings.Cut(name, ":")
	length, rest, _ := strings.Cut(rest, ":")
	n, err := strconv.ParseUint(length, 10, 31)
	kind, known := map[string]contract.StateKind{"m": contract.StatePresence, "n": contract.StateCount}[letter]
	if err != nil || !known || int(n) >= len(rest) || rest[n] != ':' {
		return contract.StateKey{}, fmt.Errorf("%q names no state: %w", name, contract.ErrInternal)
	}
	return contract.StateKey{Kind: kind, App: rest[:n], Name: rest[n+1:]}, nil
}
