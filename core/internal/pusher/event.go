package pusher

import (
	"errors"
	"fmt"
	"net/http"
)

// Limits bound what one request may publish. 0 means no limit.
type Limits struct {
	EventName   int // characters
	ChannelName int // characters
	Channels    int // different channels of one event
	Data        int // bytes of data, see DataSize
	Batch       int // events of one batch
}

// Event is an event that a back end publishes.
type Event struct {
	Name string
	// Channels are at least one, each once, in the order of the request.
	Channels []Channel
	// Data is the JSON value as it was sent, for AppendEvent. It aliases the body.
	Data []byte
	// Except is the connection that is left out, zero for none.
	Except SocketID
	// Info is what the answer tells about each channel.
	Info Info
	// IdempotencyKey names the publish for those who repeat it; "" for none.
	IdempotencyKey string
	// Source is the JSON object as it was sent.
	Source []byte
}

const publishInfo = InfoUserCount | InfoSubscriptionCount

var (
	eventNames = []string{"name", "data", "channels", "channel", "socket_id", "info", "idempotency_key"}
	batchNames = []string{"batch"}
)

// ParseEvent reads the body of a request that publishes one event. A failure is
// a *Failure: malformed JSON, a part that is missing or of the wrong type, a
// wrong name, or more than lim allows.
func ParseEvent(body []byte, lim Limits) (Event, error) {
	var v [7][]byte
	if err := readObject(body, eventNames, v[:]); err != nil {
		return Event{}, invalid("body is " + err.Error())
	}
	event := Event{Data: v[1], Source: body}
	if err := event.readName(v[0], lim); err != nil {
		return Event{}, err
	}
	if err := event.checkData(lim); err != nil {
		return Event{}, err
	}
	var err error
	if event.Channels, err = readChannels(v[2], v[3], lim); err != nil {
		return Event{}, err
	}
	if err := event.readOptions(v[4], v[5]); err != nil {
		return Event{}, err
	}
	key, ok := stringOf(v[6])
	if !ok {
		return Event{}, invalid("idempotency_key must be a string")
	}
	event.IdempotencyKey = string(key)
	return event, nil
}

// ParseBatch reads the body of a request that publishes several events, each to
// one channel. Either all of them are well-formed or the result is the *Failure
// of the first that is not, with its index in the text.
func ParseBatch(body []byte, lim Limits) ([]Event, error) {
	var v [1][]byte
	if err := readObject(body, batchNames, v[:]); err != nil {
		return nil, invalid("body is " + err.Error())
	}
	var events []Event
	isArray, err := readArray(v[0], func(element []byte) error {
		if lim.Batch > 0 && len(events) == lim.Batch {
			return overLimit(fmt.Sprintf("batch has more than %d events", lim.Batch))
		}
		event, err := parseBatchItem(element, lim)
		if err != nil {
			return atIndex(err, len(events))
		}
		events = append(events, event)
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case len(events) == 0:
		return nil, invalid(batchProblem(isArray))
	}
	return events, nil
}

func parseBatchItem(item []byte, lim Limits) (Event, error) {
	event, err := ParseEvent(item, lim)
	if err == nil && len(event.Channels) != 1 {
		return Event{}, invalid("an event of a batch has exactly one channel")
	}
	return event, err
}

func batchProblem(isArray bool) string {
	if isArray {
		return "batch is empty"
	}
	return "batch must be an array of events"
}

func atIndex(err error, i int) error {
	f, ok := errors.AsType[*Failure](err)
	if !ok {
		return err
	}
	return &Failure{f.Status, f.Slug, fmt.Sprintf("batch[%d]: %s", i, f.Message)}
}

func (e *Event) readName(raw []byte, lim Limits) error {
	if !isString(raw) {
		return invalid("name must be a string")
	}
	e.Name = string(textOf(raw))
	return nameFailure(CheckEventName(e.Name, lim.EventName))
}

func (e *Event) checkData(lim Limits) error {
	if e.Data == nil {
		return invalid("data is missing")
	}
	// The text of a string is never longer than its encoded form.
	if lim.Data == 0 || len(e.Data) <= lim.Data {
		return nil
	}
	if size := DataSize(e.Data); size > lim.Data {
		return &Failure{
			http.StatusRequestEntityTooLarge, SlugTooLarge,
			fmt.Sprintf("data has %d bytes, the limit is %d", size, lim.Data),
		}
	}
	return nil
}

func (e *Event) readOptions(socketID, info []byte) error {
	id, ok := stringOf(socketID)
	if !ok {
		return invalid("socket_id must be a string")
	}
	var err error
	if len(id) > 0 {
		if e.Except, err = ParseSocketID(string(id)); err != nil {
			return invalid(fmt.Sprintf("socket_id %.40q: %v", id, err))
		}
	}
	list, ok := stringOf(info)
	if !ok {
		return invalid("info must be a string")
	}
	e.Info, err = ParseInfo(string(list), publishInfo)
	return err
}

func nameFailure(err error) error {
	e, ok := errors.AsType[*NameError](err)
	switch {
	case !ok:
		return err
	case e.TooLong:
		return overLimit(e.Error())
	default:
		return invalid(e.Error())
	}
}
