package pusher

import (
	"errors"
	"fmt"
)

// ErrMember is the cause of an Error about channel_data.
var ErrMember = errors.New("channel_data does not describe a member")

// ErrMemberSize is the cause of an Error about a member over the limit.
var ErrMemberSize = errors.New("presence member is too big")

var memberNames = []string{"user_id", "user_info"}

// ParseMember reads the channel_data of a subscription to a presence channel,
// after its signature was verified. maxInfo bounds the bytes of user_info (0:
// any number). The id may be a string or an integer, which is taken digit by
// digit whatever its size. Info is {} if there is none; it aliases channelData.
// A failure is an *Error with NoCode.
func ParseMember(channelData []byte, maxInfo int) (Member, error) {
	var v [2][]byte
	if err := readObject(channelData, memberNames, v[:]); err != nil {
		return Member{}, badMember("channel_data is " + err.Error())
	}
	id, ok := userIDOf(v[0])
	if !ok {
		return Member{}, badMember("channel_data must have a user_id that is a string or an integer")
	}
	if err := CheckUserID(id); err != nil {
		return Member{}, memberIDError(err)
	}
	info := v[1]
	if isNull(info) {
		info = []byte("{}")
	}
	if maxInfo > 0 && len(info) > maxInfo {
		return Member{}, tooBig(fmt.Sprintf("user_info has %d bytes, the limit is %d", len(info), maxInfo))
	}
	return Member{UserID: id, Info: info}, nil
}

// userIDOf returns the id in a JSON value. Integers keep their digits.
func userIDOf(raw []byte) (id string, ok bool) {
	if isString(raw) {
		return string(textOf(raw)), true
	}
	if !isInteger(raw) {
		return "", false
	}
	if string(raw) == "-0" {
		return "0", true
	}
	return string(raw), true
}

// isInteger reports whether a JSON value that was checked before is a number
// without fraction and exponent.
func isInteger(raw []byte) bool {
	if len(raw) > 0 && raw[0] == '-' {
		raw = raw[1:]
	}
	return isDigits(string(raw))
}

func memberIDError(err error) error {
	if e, ok := errors.AsType[*NameError](err); ok && e.TooLong {
		return tooBig(e.Error())
	}
	return badMember(err.Error())
}

func badMember(problem string) error {
	return &Error{Message: "Invalid channel_data: " + problem, Type: TypeMember, Status: 400, Cause: ErrMember}
}

func tooBig(problem string) error {
	return &Error{Message: "Presence member is too big: " + problem, Type: TypeLimit, Status: 413, Cause: ErrMemberSize}
}
