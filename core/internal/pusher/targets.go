package pusher

import "fmt"

// targets collects the channels of an event, each once.
type targets struct {
	lim      Limits
	channels []Channel
	// seen is made when comparing with all of channels becomes slow.
	seen map[string]bool
}

// manyChannels is where looking into a map becomes faster than comparing.
const manyChannels = 32

// readChannels reads the channels of an event: those of list, else single.
func readChannels(list, single []byte, lim Limits) ([]Channel, error) {
	t := targets{lim: lim}
	if isNull(list) {
		if !isString(single) {
			return nil, invalid("channels must be an array of names, or channel a name")
		}
		err := t.add(single)
		return t.channels, err
	}
	isArray, err := readArray(list, t.add)
	switch {
	case err != nil:
		return nil, err
	case !isArray:
		return nil, invalid("channels must be an array of names")
	case len(t.channels) == 0:
		return nil, invalid("channels is empty")
	}
	return t.channels, nil
}

func (t *targets) add(raw []byte) error {
	if !isString(raw) {
		return invalid("channels must hold names only")
	}
	name := textOf(raw)
	if t.has(name) {
		return nil
	}
	if t.lim.Channels > 0 && len(t.channels) == t.lim.Channels {
		return overLimit(fmt.Sprintf("event is for more than %d channels", t.lim.Channels))
	}
	ch, err := ParseChannel(string(name), t.lim.ChannelName)
	if err != nil {
		return nameFailure(err)
	}
	t.channels = append(t.channels, ch)
	if t.seen != nil {
		t.seen[ch.Name] = true
	}
	return nil
}

func (t *targets) has(name []byte) bool {
	if len(t.channels) >= manyChannels {
		t.index()
		return t.seen[string(name)]
	}
	for i := range t.channels {
		if t.channels[i].Name == string(name) {
			return true
		}
	}
	return false
}

func (t *targets) index() {
	if t.seen != nil {
		return
	}
	t.seen = make(map[string]bool, 2*len(t.channels))
	for _, ch := range t.channels {
		t.seen[ch.Name] = true
	}
}
