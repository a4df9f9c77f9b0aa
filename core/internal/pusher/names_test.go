package pusher

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckEventName(t *testing.T) {
	for _, name := range []string{"my-event", "client-x", "App\\Events\\Done", "ünï", "pusher", "pusherx", "x-pusher:y", strings.Repeat("ö", 200)} {
		if err := CheckEventName(name, 200); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"", "pusher:ping", "pusher:", "pusher_internal:member_added", strings.Repeat("ö", 201)} {
		var e *NameError
		if err := CheckEventName(name, 200); !errors.As(err, &e) {
			t.Errorf("%q: %v", name, err)
		} else if e.TooLong != (len(name) > 200) {
			t.Errorf("%q: too long is %v", name, e.TooLong)
		}
	}
}

func TestKindsOfEvents(t *testing.T) {
	if !IsClientEvent([]byte("client-typing")) || IsClientEvent("x-client-y") || IsClientEvent("client") {
		t.Error("client events are those that begin with client-")
	}
	if !IsProtocolEvent("pusher:x") || !IsProtocolEvent([]byte("pusher_internal:x")) || IsProtocolEvent("pusher-x") {
		t.Error("protocol events are those that begin with pusher: or pusher_internal:")
	}
}

func TestCheckUserID(t *testing.T) {
	for _, id := range []string{"1", "ann@example.com", "Ann Ö", "用户", strings.Repeat("é", 128)} {
		if err := CheckUserID(id); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	for _, id := range []string{"", "a\x00", "a\nb", strings.Repeat("é", 129)} {
		if err := CheckUserID(id); err == nil {
			t.Errorf("%q passed", id)
		}
	}
}
