package pusher

// Subscribe is the data of "pusher:subscribe". Absent parts are empty.
type Subscribe struct {
	Channel     []byte
	Auth        []byte
	ChannelData []byte
}

var (
	subscribeNames   = []string{"channel", "auth", "channel_data"}
	unsubscribeNames = subscribeNames[:1]
)

// ParseSubscribe reads the data of a "pusher:subscribe" frame: an object, or a
// string that holds one. A failure is an *Error with NoCode. The slices alias
// data where nothing had to be unescaped.
func ParseSubscribe(data []byte) (Subscribe, error) {
	var v [3][]byte
	if err := readStrings(data, subscribeNames, v[:]); err != nil {
		return Subscribe{}, err
	}
	if len(v[0]) == 0 {
		return Subscribe{}, missing("channel")
	}
	return Subscribe{Channel: v[0], Auth: v[1], ChannelData: v[2]}, nil
}

// ParseUnsubscribe reads the channel out of the data of a "pusher:unsubscribe"
// frame, in the manner of ParseSubscribe.
func ParseUnsubscribe(data []byte) (channel []byte, err error) {
	var v [1][]byte
	if err := readStrings(data, unsubscribeNames, v[:]); err != nil {
		return nil, err
	}
	if len(v[0]) == 0 {
		return nil, missing("channel")
	}
	return v[0], nil
}

// readStrings reads an object, or a string that holds one, whose named values
// are strings; null is the same as absent.
func readStrings(data []byte, names []string, texts [][]byte) error {
	if isNull(data) {
		return &Error{Message: "Missing parameter: data", Cause: ErrField}
	}
	if isString(data) {
		data = textOf(data)
	}
	if err := readObject(data, names, texts); err != nil {
		return &Error{Message: "Invalid data: " + err.Error(), Cause: ErrField}
	}
	for i, raw := range texts {
		text, ok := stringOf(raw)
		if !ok {
			return &Error{Message: "Invalid parameter: data." + names[i] + " must be a string", Cause: ErrField}
		}
		texts[i] = text
	}
	return nil
}

func missing(name string) error {
	return &Error{Message: "Missing parameter: data." + name, Cause: ErrField}
}
