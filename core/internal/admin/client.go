package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Client calls the administration of a server.
type Client struct {
	// URL is the metrics listener, such as http://127.0.0.1:9601.
	URL   string
	Token contract.Secret
	// HTTP makes the requests; nil means http.DefaultClient.
	HTTP *http.Client
}

// ListDead returns a page of dead letters, oldest first; page is "" or Next of
// the page before.
func (c Client) ListDead(ctx context.Context, page string, limit int) (Page, error) {
	query := url.Values{"page": {page}, "limit": {fmt.Sprint(limit)}}
	var p Page
	err := c.call(ctx, http.MethodGet, "/admin/webhooks/dead?"+query.Encode(), nil, &p)
	return p, err
}

// ReplayDead puts dead letters back into the queue and returns how many.
func (c Client) ReplayDead(ctx context.Context, which Choice) (int64, error) {
	return c.change(ctx, "replay", which)
}

// PurgeDead deletes dead letters and returns how many.
func (c Client) PurgeDead(ctx context.Context, which Choice) (int64, error) {
	return c.change(ctx, "purge", which)
}

func (c Client) change(ctx context.Context, what string, which Choice) (int64, error) {
	var n Changed
	err := c.call(ctx, http.MethodPost, "/admin/webhooks/dead/"+what, which, &n)
	return n.Count, err
}

// maxAnswer is the longest answer that is read.
const maxAnswer = 512 << 20

func (c Client) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.URL, "/")+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+string(c.Token))
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if resp.StatusCode/100 != 2 {
		return refusal(resp.StatusCode, text)
	}
	return json.Unmarshal(text, out)
}
