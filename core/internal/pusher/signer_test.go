package pusher

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

const (
	testKey    = "278d425bdf160c739803"
	testSecret = "7ad3773142a6692b25b8"
)

// The signatures of these texts were computed independently.
var signatureVectors = []struct{ message, signature string }{
	{`1234.1234:private-foobar`, "58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4"},
	{`1234.1234::user::{"id":"12345"}`, "4708d583dada6a56435fb8bc611c77c359a31eebde13337c16ab43aa6de336ba"},
	{`1234.1234:presence-foobar:{"user_id":10,"user_info":{"name":"Mr. Channels"}}`, "31935e7d86dba64c2a90aed31fdc61869f9b22ba9d8863bba239c03ca481bc80"},
	{`1234.1234:presence-foobar:{"user_id":10,"user_info":{"name":"Mr. Pusher"}}`, "afaed3695da2ffd16931f457e338e6c9f2921fa133ce7dac49f529792be6304c"},
}

func TestSignatureVectors(t *testing.T) {
	s := NewSigner(testSecret)
	for _, v := range signatureVectors {
		if got := string(s.AppendHex(nil, []byte(v.message))); got != v.signature {
			t.Errorf("%s: %s", v.message, got)
		}
		if !s.Verify([]byte(v.message), []byte(v.signature)) {
			t.Errorf("%s: right signature refused", v.message)
		}
		for _, wrong := range []string{"", v.signature[:63], v.signature + "0", strings.ToUpper(v.signature), "0" + v.signature[1:]} {
			if wrong != v.signature && s.Verify([]byte(v.message), []byte(wrong)) {
				t.Errorf("%s: accepted %q", v.message, wrong)
			}
		}
	}
}

func TestAnyLiveSecretVerifies(t *testing.T) {
	old, current := NewSigner("old"), NewSigner("new")
	both := Signers{current, old}
	message := []byte("m")
	if !both.Verify(message, old.AppendHex(nil, message)) || !both.Verify(message, current.AppendHex(nil, message)) {
		t.Error("a live secret was refused")
	}
	if both.Verify(message, NewSigner("gone").AppendHex(nil, message)) || (Signers{}).Verify(message, nil) {
		t.Error("a dead secret was accepted")
	}
}

func TestSignerIsHMAC(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.String().Draw(t, "secret")
		s := NewSigner(secret)
		for range 3 {
			message := rapid.SliceOf(rapid.Byte()).Draw(t, "message")
			h := hmac.New(sha256.New, []byte(secret))
			h.Write(message)
			if got, want := string(s.AppendHex(nil, message)), hex.EncodeToString(h.Sum(nil)); got != want {
				t.Fatalf("got %s, want %s", got, want)
			}
		}
	})
}

func TestSignerServesManyAtOnce(t *testing.T) {
	s := NewSigner(testSecret)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 500 {
				v := signatureVectors[i%len(signatureVectors)]
				if !s.Verify([]byte(v.message), []byte(v.signature)) {
					t.Errorf("%s refused", v.message)
					return
				}
			}
		})
	}
	wg.Wait()
}
