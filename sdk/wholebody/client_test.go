package wholebody

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// body is a body as the AWS SDK has it.
type body struct {
	io.Reader
	closed bool
}

func (b *body) Close() error {
	b.closed = true
	return nil
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(req *http.Request) (*http.Response, error) { return d(req) }

func TestABodyStaysReadable(t *testing.T) {
	given := &body{Reader: strings.NewReader("question")}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://x", given)
	if err != nil {
		t.Fatal(err)
	}
	c := Client{doer(func(sent *http.Request) (*http.Response, error) {
		_ = req.Body.Close() // as the SDK does when the answer begins
		if text, err := io.ReadAll(sent.Body); string(text) != "question" || err != nil {
			t.Errorf("sent %q, %v", text, err)
		}
		return nil, http.ErrServerClosed
	})}
	if _, err := c.Do(req); !errors.Is(err, http.ErrServerClosed) || !given.closed {
		t.Errorf("%v, closed %v", err, given.closed)
	}
}

func TestRequestsWithoutABodyAreSentAsTheyAre(t *testing.T) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://x", nil)
	if err != nil {
		t.Fatal(err)
	}
	c := Client{doer(func(sent *http.Request) (*http.Response, error) {
		if sent != req {
			t.Error("it is another request")
		}
		return nil, nil
	})}
	_, _ = c.Do(req)
}

func TestABodyThatCannotBeReadIsAnError(t *testing.T) {
	broken := &body{Reader: io.MultiReader(strings.NewReader("que"), brokenReader{})}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://x", broken)
	if err != nil {
		t.Fatal(err)
	}
	c := Client{doer(func(*http.Request) (*http.Response, error) {
		t.Error("a part was sent")
		return nil, nil
	})}
	if _, err := c.Do(req); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
