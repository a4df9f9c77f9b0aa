package conversation

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// call is one call of the HTTP API, and how it is spoiled.
type call struct {
	app          App
	id           string // of the app in the path
	method, path string
	query        url.Values
	body         string
	flaws        map[string]string
}

var methods = []string{"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"}

// parseCall reads "[flaws] METHOD PATH [BODY]".
func parseCall(app App, text string) (call, error) {
	c := call{app: app, id: app.ID, flaws: map[string]string{}}
	for {
		word, rest, _ := strings.Cut(text, " ")
		text = rest
		if slices.Contains(methods, word) {
			c.method = word
			break
		}
		flaw, value, _ := strings.Cut(word, "=")
		c.flaws[flaw] = value
		if text == "" {
			return c, fmt.Errorf("no method")
		}
	}
	target, body, _ := strings.Cut(text, " ")
	c.body = body
	if id, ok := c.flaws["app"]; ok {
		c.id = id
	}
	return c, c.setTarget(target)
}

func (c *call) setTarget(target string) error {
	path, query, _ := strings.Cut(target, "?")
	if outside, ok := strings.CutPrefix(path, "~"); ok {
		c.path = outside
		c.flaws["unsigned"] = ""
	} else {
		c.path = "/apps/" + c.id + path
	}
	var err error
	c.query, err = url.ParseQuery(query)
	return err
}

// sign adds the parameters of an authorised call, spoiled as the flaws say.
func (c *call) sign(now time.Time) {
	if c.has("unsigned") {
		return
	}
	switch {
	case c.has("stale"):
		now = now.Add(-11 * time.Minute)
	case c.has("future"):
		now = now.Add(11 * time.Minute)
	}
	c.query.Set("auth_key", c.or("key", c.app.Key))
	c.query.Set("auth_timestamp", strconv.FormatInt(now.Unix(), 10))
	c.query.Set("auth_version", c.or("version", "1.0"))
	if c.body != "" && !c.has("unhashed") {
		hashed := c.body
		if c.has("mishashed") {
			hashed += " "
		}
		sum := md5.Sum([]byte(hashed))
		c.query.Set("body_md5", hex.EncodeToString(sum[:]))
	}
	signature := c.app.sign(c.toSign())
	if c.has("missigned") {
		signature = strings.Repeat("0", len(signature))
	}
	c.query.Set("auth_signature", signature)
}

func (c *call) toSign() string {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(c.query)) {
		pairs = append(pairs, strings.ToLower(key)+"="+c.query.Get(key))
	}
	return c.method + "\n" + c.path + "\n" + strings.Join(pairs, "&")
}

func (c *call) has(flaw string) bool { _, ok := c.flaws[flaw]; return ok }

func (c *call) or(flaw, otherwise string) string {
	if value, ok := c.flaws[flaw]; ok {
		return value
	}
	return otherwise
}

// do makes the call and returns what was answered.
func (c *call) do(client *http.Client, base string) (status int, body string, err error) {
	c.sign(time.Now())
	req, err := http.NewRequest(c.method, base+c.path+"?"+c.query.Encode(), strings.NewReader(c.body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	if key, ok := c.flaws["idempotent"]; ok {
		req.Header.Set("X-Idempotency-Key", key)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, strings.TrimSpace(string(text)), err
}
