//go:build !race

package pusher

import "testing"

// The race detector makes sync.Pool forget at random, which shows as allocations.

func TestVerifyAllocatesNothing(t *testing.T) {
	s := NewSigner(testSecret)
	message, signature := []byte(signatureVectors[0].message), []byte(signatureVectors[0].signature)
	if n := testing.AllocsPerRun(100, func() { s.Verify(message, signature) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestVerifyChannelAuthAllocatesNothing(t *testing.T) {
	ch, data := mustChannel(t, "presence-x"), []byte(`{"user_id":"1"}`)
	auth := []byte(signed("1234.1234:presence-x:" + string(data)))
	if n := testing.AllocsPerRun(100, func() {
		if err := VerifyChannelAuth(testSigs, testKey, testID, ch, auth, data); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestVerifyRequestAllocatesLittle(t *testing.T) {
	r := post(vectorQuery + vectorMD5 + "&auth_signature=" + vectorSign)
	if n := testing.AllocsPerRun(100, func() {
		if err := verify(r); err != nil {
			t.Fatal(err)
		}
	}); n > 1 {
		t.Errorf("%v allocations", n)
	}
}
