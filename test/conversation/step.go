package conversation

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// frameLine is a line that sends or expects frames: "a> TEXT", "10x a< PATTERN".
var frameLine = regexp.MustCompile(`(?s)^(?:(\d+)x )?([a-z]+)([<>]) (.*)$`)

// step carries out one line.
func (r *run) step(text string) error {
	if parts := frameLine.FindStringSubmatch(text); parts != nil {
		return r.frames(parts[1], parts[2], parts[3], parts[4])
	}
	verb, rest, _ := strings.Cut(text, " ")
	switch verb {
	case "use":
		r.app = AppNamed(rest)
		return nil
	case "user":
		return r.introduce(rest)
	case "watch":
		r.watched = append(r.watched, rest)
		return nil
	case "publish":
		return r.publish(rest)
	case "eventually":
		return r.eventually(rest)
	}
	if strings.Contains(text, " -> ") {
		return r.api(text)
	}
	return r.clientStep(verb, rest)
}

// introduce reads `NAME CHANNEL-DATA`.
func (r *run) introduce(text string) error {
	name, data, _ := strings.Cut(text, " ")
	data, err := r.expand(data)
	r.users[name] = data
	return err
}

func (r *run) frames(times, name, direction, text string) error {
	n := 1
	if times != "" {
		n, _ = strconv.Atoi(times) // the pattern admits digits only
	}
	c, err := r.client(name)
	if err != nil {
		return err
	}
	if text, err = r.expand(text); err != nil {
		return err
	}
	for range n {
		if direction == ">" {
			err = c.say(text)
		} else {
			err = r.expect(c, text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *run) expect(c *client, pattern string) error {
	got, err := c.hear(r.skipping(eventOf([]byte(pattern))))
	if err != nil {
		return fmt.Errorf("  expected: %s\n  %w", clip(pattern), err)
	}
	if err := match(pattern, got); err != nil {
		return fmt.Errorf("  expected: %s\n  got:      %s\n  differs:  %w", pattern, clip(got), err)
	}
	return nil
}

// publish reads `CHANNEL EVENT DATA [except CLIENT]`.
func (r *run) publish(text string) error {
	parts := strings.SplitN(text, " ", 3)
	if len(parts) != 3 {
		return fmt.Errorf("needs channel, event and data")
	}
	data, except, excepted := strings.Cut(parts[2], " except ")
	body := map[string]any{"channels": []string{parts[0]}, "name": parts[1]}
	if excepted {
		c, err := r.client(except)
		if err != nil {
			return err
		}
		body["socket_id"] = c.id
	}
	data, err := r.expand(data)
	if err != nil {
		return err
	}
	body["data"] = data
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return r.api("POST /events " + string(encoded) + " -> 200 {}")
}

// eventually repeats a line until it succeeds or time is up.
func (r *run) eventually(text string) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for over := time.After(r.target.StepTimeout); ; {
		err := r.step(text)
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-over:
			return err
		}
	}
}

// api reads `CALL -> STATUS [PATTERN]`.
func (r *run) api(text string) error {
	cut := strings.LastIndex(text, " -> ")
	request, wanted := text[:cut], text[cut+len(" -> "):]
	request, err := r.expand(request)
	if err != nil {
		return err
	}
	c, err := parseCall(r.app, request)
	if err != nil {
		return err
	}
	status, body, err := c.do(r.http, r.target.URL)
	if err != nil {
		return err
	}
	return r.compareAnswer(wanted, status, body)
}

func (r *run) compareAnswer(wanted string, status int, body string) error {
	code, pattern, _ := strings.Cut(wanted, " ")
	pattern, err := r.expand(pattern)
	if err != nil {
		return err
	}
	if code != strconv.Itoa(status) {
		return fmt.Errorf("  expected: %s\n  got:      %d %s", wanted, status, body)
	}
	if pattern == "" {
		return nil
	}
	if err := match(pattern, body); err != nil {
		return fmt.Errorf("  expected: %s\n  got:      %d %s\n  differs:  %w", wanted, status, body, err)
	}
	return nil
}

// clientStep reads `CLIENT VERB [REST]`.
func (r *run) clientStep(name, text string) error {
	verb, rest, _ := strings.Cut(text, " ")
	if do, ok := opening[verb]; ok {
		return do(r, name, rest)
	}
	do, ok := verbs[verb]
	if !ok {
		return fmt.Errorf("unknown line: a client can %s", strings.Join(knownVerbs(), ", "))
	}
	c, err := r.client(name)
	if err != nil {
		return err
	}
	if rest, err = r.expand(rest); err != nil {
		return err
	}
	return do(r, c, rest)
}

func knownVerbs() []string {
	var known []string
	for verb := range opening {
		known = append(known, verb)
	}
	for verb := range verbs {
		known = append(known, verb)
	}
	slices.Sort(known)
	return known
}
