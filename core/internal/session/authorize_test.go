package session

import (
	"fmt"
	"testing"

	"github.com/jackfield/jackfield/core/internal/pusher"
)

func sign(message string) string {
	return "key:" + string(pusher.NewSigner("secret").AppendHex(nil, []byte(message)))
}

func (p *peer) signIn(t testing.TB, userData string) {
	t.Helper()
	p.say(`{"event":"pusher:signin","data":{"auth":%q,"user_data":%q}}`, sign(p.id+"::user::"+userData), userData)
	p.wantEvent(t, "pusher:signin_success")
}

func (p *peer) join(t testing.TB, channel string) {
	t.Helper()
	p.say(`{"event":"pusher:subscribe","data":{"channel":%q,"auth":%q}}`, channel, sign(p.id+":"+channel))
	p.wantEvent(t, "pusher_internal:subscription_succeeded")
}

func TestAnUnknownClientIsClosedInTime(t *testing.T) {
	app := demoApp()
	app.Features.AuthorizedConnections = true
	n := start(t, app)
	silent, public, private, signed := n.connect(t), n.connect(t), n.connect(t), n.connect(t)
	public.join(t, "room")
	private.join(t, "private-room")
	signed.signIn(t, `{"id":"ann"}`)
	n.pass(29)
	silent.say(`{"event":"pusher:ping"}`)
	silent.wantEvent(t, "pusher:pong")
	n.pass(3)
	silent.wantEnd(t, 4009)
	public.wantEnd(t, 4009)
	for _, p := range []*peer{private, signed} {
		p.say(`{"event":"pusher:ping"}`)
		p.wantEvent(t, "pusher:pong")
	}
}

func TestAClientMustSignInInTime(t *testing.T) {
	app := demoApp()
	app.Features.UserAuthentication = true
	n := start(t, app)
	private, signed := n.connect(t), n.connect(t)
	private.join(t, "private-room")
	signed.signIn(t, `{"id":"ann"}`)
	n.pass(59)
	private.say(`{"event":"pusher:ping"}`)
	private.wantEvent(t, "pusher:pong")
	n.pass(3)
	private.wantEnd(t, 4009)
	signed.say(`{"event":"pusher:ping"}`)
	signed.wantEvent(t, "pusher:pong")
}

// Frames that come while the session waits for a cached event are kept in order
// and bounded, however many there are.
func TestFramesBehindCacheChannelsAreAnsweredInOrder(t *testing.T) {
	n := start(t, demoApp())
	p := n.connect(t)
	const frames = 1000
	go func() {
		for i := range frames {
			p.say(`{"event":"pusher:subscribe","data":{"channel":"cache-%d"}}`, i)
			p.say(`{"event":"pusher:subscribe","data":{"channel":"room-%d"}}`, i)
		}
	}()
	for i := range frames {
		for _, want := range []event{
			{Event: "pusher_internal:subscription_succeeded", Channel: fmt.Sprintf("cache-%d", i)},
			{Event: "pusher:cache_miss", Channel: fmt.Sprintf("cache-%d", i)},
			{Event: "pusher_internal:subscription_succeeded", Channel: fmt.Sprintf("room-%d", i)},
		} {
			if e := p.wantEvent(t, want.Event); e.Channel != want.Channel {
				t.Fatalf("answer for %s, want %s", e.Channel, want.Channel)
			}
		}
	}
}

func TestAClientMayGoWhileItWaits(t *testing.T) {
	n := start(t, demoApp())
	for range 50 {
		p := n.connect(t)
		p.say(`{"event":"pusher:subscribe","data":{"channel":"cache-room"}}`)
		p.say(`{"event":"pusher:subscribe","data":{"channel":"room"}}`)
		_ = p.Close()
	}
}
