package conversation

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// opening are the verbs which make a client.
var opening = map[string]func(r *run, name, rest string) error{
	"connects": (*run).connects,
	"opens":    (*run).opens,
	"refused":  (*run).refused,
}

// verbs are what a client does, given the rest of the line.
var verbs = map[string]func(r *run, c *client, rest string) error{
	"joins":  (*run).joins,
	"leaves": (*run).leaves,
	"signs":  (*run).signsIn,
	"closes": func(r *run, c *client, _ string) error { return c.close(r.skipping("")) },
	"closed": (*run).closed,
	"drops":  (*run).drops,
	"quiet":  (*run).quiet,
	"pings":  func(_ *run, c *client, text string) error { return c.ping(text) },
	"ponged": func(_ *run, c *client, text string) error { return c.ponged(text) },
	"sends":  (*run).sends,
	"burst":  (*run).burst,
}

func (r *run) connects(name, _ string) error {
	if err := r.opens(name, "/app/$KEY?protocol=7&client=js&version=8.6.0&flash=false"); err != nil {
		return err
	}
	return r.clients[name].greeted()
}

// opens reads `PATH [with HEADER: VALUE]`.
func (r *run) opens(name, text string) error {
	text, err := r.expand(text)
	if err != nil {
		return err
	}
	if before := r.clients[name]; before != nil && before.socket != nil {
		before.socket.conn.Close()
	}
	c := &client{}
	r.clients[name] = c
	path, header, _ := strings.Cut(text, " with ")
	c.socket, err = dial(r.host, path, header, r.tls, r.target.StepTimeout)
	return err
}

// refused reads `STATUS PATH`.
func (r *run) refused(name, text string) error {
	status, path, _ := strings.Cut(text, " ")
	err := r.opens(name, path)
	if err == nil {
		return errors.New("the upgrade was accepted")
	}
	if refusal, ok := errors.AsType[statusError](err); ok && fmt.Sprint(refusal.status) == status {
		return nil
	}
	return fmt.Errorf("want HTTP %s: %w", status, err)
}

// joins reads `CHANNEL [as USER]`.
func (r *run) joins(c *client, text string) error {
	channel, user, present := strings.Cut(text, " as ")
	data := map[string]string{"channel": channel}
	signed := c.id + ":" + channel
	if present {
		channelData, err := r.user(user)
		if err != nil {
			return err
		}
		data["channel_data"] = channelData
		signed += ":" + channelData
	}
	if present || strings.HasPrefix(channel, "private-") {
		data["auth"] = r.app.Key + ":" + r.app.sign(signed)
	}
	if err := c.tell("pusher:subscribe", data); err != nil {
		return err
	}
	wanted, _ := json.Marshal(map[string]string{"event": "pusher_internal:subscription_succeeded", "channel": channel, "data": "*"})
	return r.expect(c, string(wanted))
}

// signsIn reads `in as USER`.
func (r *run) signsIn(c *client, text string) error {
	data, err := r.user(strings.TrimPrefix(text, "in as "))
	if err != nil {
		return err
	}
	auth := r.app.Key + ":" + r.app.sign(c.id+"::user::"+data)
	if err := c.tell("pusher:signin", map[string]string{"auth": auth, "user_data": data}); err != nil {
		return err
	}
	success, _ := json.Marshal(map[string]string{"user_data": data})
	wanted, _ := json.Marshal(map[string]string{"event": "pusher:signin_success", "data": string(success)})
	return r.expect(c, string(wanted))
}

func (r *run) leaves(c *client, channel string) error {
	return c.tell("pusher:unsubscribe", map[string]string{"channel": channel})
}

// tell sends an event of the protocol.
func (c *client) tell(event string, data map[string]string) error {
	text, err := json.Marshal(map[string]any{"event": event, "data": data})
	if err != nil {
		return err
	}
	return c.say(string(text))
}

// closed reads `CODE [REASON]`.
func (r *run) closed(c *client, text string) error {
	wantCode, wantReason, _ := strings.Cut(text, " ")
	code, reason, err := c.closed(r.skipping(""))
	if err != nil {
		return err
	}
	if !glob(wantCode).MatchString(code) || wantReason != "" && !glob(wantReason).MatchString(reason) {
		return fmt.Errorf("  expected: close frame %s\n  got:      close frame %s %s", text, code, reason)
	}
	return nil
}

func (r *run) drops(c *client, _ string) error {
	c.over = true
	return c.socket.conn.Close()
}

// quiet proves that nothing is under way to c: the next frame answers a ping.
func (r *run) quiet(c *client, _ string) error {
	if err := c.say(`{"event":"pusher:ping","data":{}}`); err != nil {
		return err
	}
	return r.expect(c, `{"event":"pusher:pong","data":"{}"}`)
}

// burst sends several text frames in one write.
func (r *run) burst(c *client, text string) error {
	var out []byte
	for part := range strings.SplitSeq(text, " | ") {
		c.note(">", []byte(part))
		out = appendFrame(out, finBit|opText, []byte(part))
	}
	return c.socket.write(out)
}

// sends sends single frames as no good client sends them.
func (r *run) sends(c *client, text string) error {
	kind, payload, _ := strings.Cut(text, " ")
	c.note(">", []byte(text))
	switch kind {
	case "binary":
		return c.socket.send(finBit|opBinary, []byte(payload))
	case "reserved":
		return c.socket.send(finBit|reservedBit|opText, []byte(payload))
	case "unmasked":
		return c.socket.write(append(appendHeader(nil, finBit|opText, 0, len(payload)), payload...))
	case "fragments":
		return c.socket.write(fragments(strings.Split(payload, " | ")))
	}
	raw, err := hex.DecodeString(strings.ReplaceAll(payload, " ", ""))
	if err != nil {
		return err
	}
	switch kind {
	case "hex":
		return c.socket.send(finBit|opText, raw)
	case "raw":
		return c.socket.write(raw)
	default:
		return fmt.Errorf("unknown kind of frame %q", kind)
	}
}

// fragments returns one text message cut into frames.
func fragments(parts []string) []byte {
	var out []byte
	for i, part := range parts {
		first := byte(opContinuation)
		if i == 0 {
			first = opText
		}
		if i == len(parts)-1 {
			first |= finBit
		}
		out = appendFrame(out, first, []byte(part))
	}
	return out
}
