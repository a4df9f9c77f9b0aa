package conversation

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	variable = regexp.MustCompile(`\$([A-Z]+)(?:\(([^()]*)\))?`)
	quoted   = regexp.MustCompile(`'[^']*'`)
)

// expand replaces the variables of text, then turns text in single quotes into
// JSON strings.
func (r *run) expand(text string) (string, error) {
	var firstErr error
	text = variable.ReplaceAllStringFunc(text, func(found string) string {
		parts := variable.FindStringSubmatch(found)
		value, err := r.value(parts[1], strings.Split(parts[2], ","))
		if err != nil && firstErr == nil {
			firstErr = fmt.Errorf("%s: %w", found, err)
		}
		return value
	})
	return quoted.ReplaceAllStringFunc(text, quote), firstErr
}

func quote(found string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(found[1 : len(found)-1]) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

func (r *run) value(name string, args []string) (string, error) {
	switch name {
	case "KEY":
		return r.app.Key, nil
	case "ID":
		return r.app.ID, nil
	case "SID":
		c, err := r.client(args[0])
		if err != nil {
			return "", err
		}
		return c.id, nil
	case "USER":
		return r.user(args[0])
	case "SIGNIN":
		return r.signin(args)
	case "AUTH":
		return r.auth(args)
	case "REPEAT":
		return repeat(args)
	default:
		return "", fmt.Errorf("unknown variable")
	}
}

func (r *run) user(name string) (string, error) {
	data, ok := r.users[name]
	if !ok {
		return "", fmt.Errorf("no user %q: introduce it with a user line", name)
	}
	return data, nil
}

// auth signs a subscription: client, channel and, for presence channels, user.
func (r *run) auth(args []string) (string, error) {
	if len(args) < 2 {
		return "", fmt.Errorf("needs client and channel")
	}
	c, err := r.client(args[0])
	if err != nil {
		return "", err
	}
	signed := c.id + ":" + args[1]
	if len(args) == 3 {
		data, err := r.user(args[2])
		if err != nil {
			return "", err
		}
		signed += ":" + data
	}
	return r.app.Key + ":" + r.app.sign(signed), nil
}

// signin signs a sign-in: client and user.
func (r *run) signin(args []string) (string, error) {
	if len(args) != 2 {
		return "", fmt.Errorf("needs client and user")
	}
	c, err := r.client(args[0])
	if err != nil {
		return "", err
	}
	data, err := r.user(args[1])
	return r.app.Key + ":" + r.app.sign(c.id+"::user::"+data), err
}

// sign returns the signature of text in hex.
func (a App) sign(text string) string {
	mac := hmac.New(sha256.New, []byte(a.Secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

func repeat(args []string) (string, error) {
	if len(args) != 2 {
		return "", fmt.Errorf("needs text and times")
	}
	times, err := strconv.Atoi(args[1])
	if err != nil {
		return "", fmt.Errorf("times: %w", err)
	}
	return strings.Repeat(args[0], times), nil
}
