package adapter

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/core/internal/pusher"
)

func full() envelope {
	return envelope{
		kind: kindMessage, app: "app", channel: "presence-ä", incarnation: "n@1", stream: 300, n: 1 << 40,
		except: pusher.SocketIDOf(123, 456), id: 1 << 60, frame: []byte{0x81, 1, 'x'},
	}
}

var same = cmp.AllowUnexported(envelope{}, pusher.SocketID{})

func TestEnvelopesAreReadAsWritten(t *testing.T) {
	for _, e := range []envelope{full(), {kind: kindAppDeleted, app: "a"}, {}} {
		got, err := decode(e.append(nil))
		if diff := cmp.Diff(e, got, same); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
}

func TestFieldsOfANewerVersionArePassedOver(t *testing.T) {
	e := full()
	b := e.append(nil)
	b = append(b, 11<<3|wireBytes, 3, 'a', 'b', 'c')                        // trace
	b = append(b, 15<<3|wireFixed32, 1, 2, 3, 4)                            //
	b = append(append(b, 14<<3|wireFixed64), 1, 2, 3, 4, 5, 6, 7, 8)        //
	b = append(b, 0xa0, 0x01 /* field 20, a number */, 0xff, 0xff, 0xff, 1) //
	got, err := decode(b)
	if diff := cmp.Diff(e, got, same); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestMalformedEnvelopes(t *testing.T) {
	e := full()
	whole := e.append(nil)
	for cut := 1; cut < len(whole); cut++ {
		if got, err := decode(whole[:cut]); err == nil && bytes.Equal(got.frame, e.frame) {
			t.Errorf("cut to %d bytes it is read as the whole", cut)
		}
	}
	for _, b := range [][]byte{{0x0b}, {0xff}, {fieldApp<<3 | wireBytes, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, {fieldN << 3}, {1<<3 | wireFixed64, 1}} {
		if _, err := decode(b); err == nil {
			t.Errorf("% x is accepted", b)
		}
	}
}

func FuzzEnvelope(f *testing.F) {
	e := full()
	f.Add(e.append(nil))
	f.Add([]byte{fieldExceptPID << 3, 5})
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := decode(b)
		if err != nil {
			return
		}
		again, err := decode(e.append(nil))
		if len(e.frame) == 0 {
			e.frame = nil
		}
		if diff := cmp.Diff(e, again, same); err != nil || diff != "" {
			t.Errorf("%v (-first +second):\n%s", err, diff)
		}
	})
}
