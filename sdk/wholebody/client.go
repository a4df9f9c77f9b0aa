package wholebody

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// Doer sends requests, as *http.Client does.
type Doer interface {
	Do(req *http.Request) (*http.Response, error)
}

// Client sends requests whose body stays readable until it is written. It may be
// used by several goroutines at once if Next may.
type Client struct{ Next Doer }

// Do reads the body into memory, so that it also leaves with its headers, and has
// Next send the request. It closes the body that it was given.
func (c *Client) Do(req *http.Request) (*http.Response, error) {
	if req.Body == nil {
		return c.Next.Do(req)
	}
	body, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	req = req.Clone(req.Context())
	req.Body = io.NopCloser(bytes.NewReader(body))
	return c.Next.Do(req)
}
