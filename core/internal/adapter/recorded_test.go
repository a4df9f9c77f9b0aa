package adapter

import (
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/sdk/contract"
)

// recorded are envelopes as nodes have sent them since version 1 of bus.v1. A line
// is never changed: nodes of an upgrade that is under way send and read them.
var recorded = []struct {
	bytes string
	means envelope
}{
	{
		"080112036170701a04726f6f6d22036e403128013002520481027b7d",
		envelope{kind: kindMessage, app: "app", channel: "room", incarnation: "n@1", stream: 1, n: 2, frame: []byte{0x81, 2, '{', '}'}},
	},
	{
		"080112036170701a0b70726573656e63652dc3a422036e403128ac0230808080808020387b40c803488080808080808080105203810178",
		envelope{
			kind: kindMessage, app: "app", channel: "presence-ä", incarnation: "n@1", stream: 300, n: 1 << 40,
			except: pusher.SocketIDOf(123, 456), id: 1 << 60, frame: []byte{0x81, 1, 'x'},
		},
	},
	{
		"080212036170701a13237365727665722d746f2d757365722d616e6e22036e403128013003",
		envelope{kind: kindTerminate, app: "app", channel: "#server-to-user-ann", incarnation: "n@1", stream: 1, n: 3},
	},
	{
		"0803120361707022036e403128013004488080808080808002",
		envelope{kind: kindAppChanged, app: "app", incarnation: "n@1", stream: 1, n: 4, id: 1 << 50},
	},
	{
		"0804120361707022036e403128013005",
		envelope{kind: kindAppDeleted, app: "app", incarnation: "n@1", stream: 1, n: 5},
	},
}

func TestRecordedEnvelopesMeanTheSame(t *testing.T) {
	for _, r := range recorded {
		b, err := hex.DecodeString(r.bytes)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode(b)
		if diff := cmp.Diff(r.means, got, same); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", r.bytes, err, diff)
		}
		if wrote := hex.EncodeToString(r.means.append(nil)); wrote != r.bytes {
			t.Errorf("written as %s, which nodes before this one knew as %s", wrote, r.bytes)
		}
	}
}

// Where the state and the messages of a channel are must be the same for nodes of
// all versions; so is what counts connections.
func TestRecordedPlaces(t *testing.T) {
	for _, r := range []struct {
		app, channel string
		cell         uint32
		topic        string
	}{
		{"app", "room", 57, "c/app/room"},
		{"app", "presence-ä", 23, "c/app/presence-ä"},
		{"app", "", 8, "c/app/"},
		{"app", "#connections", 52, "c/app/#connections"},
		{"app", "#server-to-user-ann", 30, "c/app/#server-to-user-ann"},
		{"1:2", "private-x", 23, "c/1:2/private-x"},
	} {
		want := contract.Topic{Cell: r.cell, Name: r.topic}
		if got := topicOf(r.app, r.channel); got != want {
			t.Errorf("%q of app %q is at %v, was at %v", r.channel, r.app, got, want)
		}
	}
	if cells != 64 || connections != "#connections" || appTopic != (contract.Topic{Name: "apps"}) {
		t.Errorf("%d cells, %q, %v", cells, connections, appTopic)
	}
	if got := pusher.UserChannel("ann").Name; got != "#server-to-user-ann" {
		t.Errorf("the channel of a user is %q", got)
	}
}

// What a later version says is passed over, and counted where nobody knows what it
// is about.
func TestMessagesOfALaterVersion(t *testing.T) {
	w := newWorld(t, 2)
	hears := w.nodes[1].client()
	hears.mustJoin("room")
	n := w.nodes[0].Node
	n.out.add(topicOf("app", "room"), envelope{kind: 99, app: "app", channel: "room"})
	w.until("the message counted", func() bool { return w.nodes[1].counts.unknown.Load() == 1 })
	if wrong := w.nodes[1].counts.wrong.Load(); wrong != 0 {
		t.Errorf("%d messages were taken for malformed", wrong)
	}
}
