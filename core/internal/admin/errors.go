package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/jackfield/jackfield/sdk/contract"
)

// statuses are the answers for errors of queues and app managers; any other is
// 502. The client reads the same table backwards.
var statuses = []struct {
	kind   error
	status int
}{
	{contract.ErrInvalid, http.StatusBadRequest},
	{contract.ErrNotFound, http.StatusNotFound},
	{contract.ErrConflict, http.StatusConflict},
	{contract.ErrUnsupported, http.StatusNotImplemented},
	{contract.ErrOverloaded, http.StatusServiceUnavailable},
}

// fail answers with the status that fits an error.
func fail(w http.ResponseWriter, err error) {
	for _, s := range statuses {
		if errors.Is(err, s.kind) {
			refuse(w, s.status, err.Error())
			return
		}
	}
	refuse(w, http.StatusBadGateway, err.Error())
}

// told is an error as the server told it.
type told struct {
	text string
	kind error // nil: none of the contract's
}

func (e told) Error() string { return e.text }

func (e told) Unwrap() error { return e.kind }

// refusal is the error that an answer tells.
func refusal(status int, text []byte) error {
	var body struct{ Error string }
	if json.Unmarshal(text, &body) != nil || body.Error == "" {
		if status == http.StatusNotFound {
			return errors.New("the server has no such administration: set admin.token in its configuration")
		}
		return fmt.Errorf("the server answered %d", status)
	}
	e := told{text: fmt.Sprintf("the server answered %d: %s", status, body.Error)}
	for _, s := range statuses {
		if s.status == status {
			e.kind = s.kind
		}
	}
	return e
}
