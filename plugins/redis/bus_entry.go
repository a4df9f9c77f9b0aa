package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// The script writes texts one after the other, each behind its length and a
// colon. Numbers stand on a line of their own before them.

// unframe splits the first text off s.
func unframe(s string) (text, rest string, err error) {
	length, rest, found := strings.Cut(s, ":")
	n, err := strconv.ParseUint(length, 10, 31)
	if err != nil || !found || int(n) > len(rest) {
		return "", "", fmt.Errorf("a text without its length: %w", contract.ErrInternal)
	}
	return rest[:n], rest[n:], nil
}

// unframeAll splits s into exactly as many texts as there are places.
func unframeAll(s string, places ...*string) (err error) {
	for _, place := range places {
		if *place, s, err = unframe(s); err != nil {
			return err
		}
	}
	if s != "" {
		return fmt.Errorf("%d bytes too many: %w", len(s), contract.ErrInternal)
	}
	return nil
}

// wholeNumbers reads whole numbers with a space between them.
func wholeNumbers(s string, places ...*uint64) (err error) {
	for i, place := range places {
		var word string
		var more bool
		word, s, more = strings.Cut(s, " ")
		if *place, err = strconv.ParseUint(word, 10, 64); err != nil || more != (i < len(places)-1) {
			return fmt.Errorf("not %d numbers: %w", len(places), contract.ErrInternal)
		}
	}
	return nil
}

// Flags of a change and of a result.
const (
	flagFirst   = 1
	flagLast    = 2
	flagPresent = 4 // of a change
	flagRefused = 4 // of a result
)

// parseEntry reads a change as the log and the state topic of a cell have it.
func parseEntry(cell uint32, s string) (contract.StateChange, error) {
	head, rest, _ := strings.Cut(s, "\n")
	var epoch, seq, millis, flags, count, total uint64
	if err := wholeNumbers(head, &epoch, &seq, &millis, &flags, &count, &total); err != nil {
		return contract.StateChange{}, fmt.Errorf("read a change: %w", err)
	}
	var by, name, user, info string
	if err := unframeAll(rest, &by, &name, &user, &info); err != nil {
		return contract.StateChange{}, fmt.Errorf("read a change: %w", err)
	}
	key, err := stateKey(name)
	if err != nil {
		return contract.StateChange{}, err
	}
	c := contract.StateChange{
		Cell: cell, Epoch: epoch, Seq: seq, Time: time.UnixMilli(int64(millis)), Incarnation: by,
		Change: contract.Change{Key: key, User: user, Present: flags&flagPresent != 0, Count: uint32(count)},
		Result: contract.ChangeResult{
			Seq: seq, First: flags&flagFirst != 0, Last: flags&flagLast != 0, Total: uint32(total),
		},
	}
	if c.Change.Present {
		c.Change.Info = []byte(info)
	}
	return c, nil
}

// parseHolding reads one line of a page.
func parseHolding(s string) (contract.Holding, error) {
	var by, name, user, value string
	if err := unframeAll(s, &by, &name, &user, &value); err != nil {
		return contract.Holding{}, fmt.Errorf("read a holding: %w", err)
	}
	key, err := stateKey(name)
	if err != nil {
		return contract.Holding{}, err
	}
	h := contract.Holding{Key: key, User: user, Incarnation: by}
	if key.Kind == contract.StatePresence {
		h.Info = []byte(value)
		return h, nil
	}
	n, err := strconv.ParseUint(value, 10, 32)
	h.Count = uint32(n)
	return h, err
}

// parseResult reads what one change of an apply did.
func parseResult(s string) (contract.ChangeResult, error) {
	var seq, flags, total uint64
	if err := wholeNumbers(s, &seq, &flags, &total); err != nil {
		return contract.ChangeResult{}, fmt.Errorf("read a result: %w", err)
	}
	return contract.ChangeResult{
		Seq: seq, First: flags&flagFirst != 0, Last: flags&flagLast != 0, Refused: flags&flagRefused != 0,
		Total: uint32(total),
	}, nil
}

// cellNews is one message of a cell's state topic: changes, or a new epoch.
type cellNews struct {
	epoch   uint64 // not 0: this epoch has begun
	changes []contract.StateChange
}

func parseNews(cell uint32, s string) (cellNews, error) {
	word, rest, _ := strings.Cut(s, " ")
	var n cellNews
	switch word {
	case "epoch":
		err := wholeNumbers(rest, &n.epoch)
		return n, err
	case "changes":
	default:
		return n, fmt.Errorf("news of an unknown kind: %w", contract.ErrInternal)
	}
	for rest != "" {
		var entry string
		var err error
		if entry, rest, err = unframe(rest); err != nil {
			return n, err
		}
		c, err := parseEntry(cell, entry)
		if err != nil {
			return n, err
		}
		n.changes = append(n.changes, c)
	}
	return n, nil
}
