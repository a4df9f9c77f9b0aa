package strict

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// sdks are the three strictest client SDKs, reduced to what they demand of a frame.
var sdks = []struct {
	name string
	read func(frame []byte) error
}{
	{"pusher-websocket-swift", readLikeSwift},
	{"pusher-websocket-java", readLikeJava},
	{"pusher-websocket-dotnet", readLikeDotNet},
}

// Check returns nil if every SDK can read the text of a frame that a server sent.
func Check(frame []byte) error {
	var errs []error
	for _, sdk := range sdks {
		if err := sdk.read(frame); err != nil {
			errs = append(errs, fmt.Errorf("%s cannot read %s: %w", sdk.name, frame, err))
		}
	}
	return errors.Join(errs...)
}

// CheckSwift is Check for pusher-websocket-swift alone, the one that does not care
// what members look like.
func CheckSwift(frame []byte) error { return readLikeSwift(frame) }

// readLikeSwift: the data of an error is a dictionary, all other data a string,
// which for the protocol's own events holds a dictionary.
func readLikeSwift(frame []byte) error {
	fields, event, err := readFields(frame)
	if err != nil {
		return err
	}
	if event == "pusher:error" {
		var e struct {
			Message *string `json:"message"`
			Code    *int    `json:"code"`
		}
		if err := strictly(fields["data"], &e); err != nil || e.Message == nil {
			return fmt.Errorf("error is no dictionary with a message: %v", err)
		}
		return nil
	}
	var data string
	if err := strictly(fields["data"], &data); err != nil {
		return fmt.Errorf("data is no string: %w", err)
	}
	if !strings.HasPrefix(event, "pusher:") && !strings.HasPrefix(event, "pusher_internal:") {
		return nil
	}
	var inner map[string]any
	return strictly([]byte(data), &inner)
}

// readLikeJava: data is used without a check that it exists; ids and hash of
// presence become a list of strings and a map.
func readLikeJava(frame []byte) error {
	fields, event, err := readFields(frame)
	if err != nil {
		return err
	}
	raw, ok := fields["data"]
	if !ok || string(raw) == "null" {
		return errors.New("null pointer: data")
	}
	var data, channel string
	if json.Unmarshal(raw, &data) != nil {
		return nil
	}
	_ = json.Unmarshal(fields["channel"], &channel)
	switch {
	case event == "pusher_internal:subscription_succeeded" && strings.HasPrefix(channel, "presence-"):
		return readPresence(data)
	case strings.HasPrefix(event, "pusher_internal:member_"):
		var member struct {
			UserID   string         `json:"user_id"`
			UserInfo map[string]any `json:"user_info"`
		}
		return strictly([]byte(data), &member)
	}
	return nil
}

func readPresence(data string) error {
	var p struct {
		Presence *struct {
			IDs   []string                   `json:"ids"`
			Hash  map[string]json.RawMessage `json:"hash"`
			Count int                        `json:"count"`
		} `json:"presence"`
	}
	if err := strictly([]byte(data), &p); err != nil {
		return err
	}
	if p.Presence == nil || p.Presence.IDs == nil || p.Presence.Hash == nil {
		return errors.New("null pointer: presence")
	}
	if p.Presence.Count != len(p.Presence.IDs) || len(p.Presence.Hash) != len(p.Presence.IDs) {
		return fmt.Errorf("count %d, ids %d, hash %d", p.Presence.Count, len(p.Presence.IDs), len(p.Presence.Hash))
	}
	return nil
}

// readLikeDotNet: frames have declared members of declared types.
func readLikeDotNet(frame []byte) error {
	var f struct {
		Event   string          `json:"event"`
		Channel string          `json:"channel"`
		Data    json.RawMessage `json:"data"`
		UserID  string          `json:"user_id"`
	}
	if err := strictly(frame, &f); err != nil {
		return err
	}
	if f.Event == "pusher:error" {
		var e struct {
			Code    *int   `json:"code"`
			Message string `json:"message"`
		}
		return strictly(f.Data, &e)
	}
	var data string
	if err := strictly(f.Data, &data); err != nil {
		return err
	}
	if f.Event != "pusher:connection_established" {
		return nil
	}
	var c struct {
		SocketID        string `json:"socket_id"`
		ActivityTimeout int    `json:"activity_timeout"`
	}
	if err := strictly([]byte(data), &c); err != nil || c.ActivityTimeout < 1 {
		return fmt.Errorf("activity_timeout %d: %v", c.ActivityTimeout, err)
	}
	if !socketID.MatchString(c.SocketID) {
		return fmt.Errorf("socket_id %q", c.SocketID)
	}
	return nil
}

// socketID is what the server SDKs ask of a socket id.
var socketID = regexp.MustCompile(`^\d+\.\d+$`)

func readFields(frame []byte) (fields map[string]json.RawMessage, event string, err error) {
	if err := json.Unmarshal(frame, &fields); err != nil {
		return nil, "", err
	}
	if err := strictly(fields["event"], &event); err != nil {
		return nil, "", fmt.Errorf("event: %w", err)
	}
	return fields, event, nil
}

func strictly(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(into)
}
