package pusher

import (
	"errors"
	"strings"
	"testing"
)

var (
	testID   = SocketID{1234, 1234}
	testSigs = Signers{NewSigner("another"), NewSigner(testSecret)}
)

// signed returns the auth of the test app for a text.
func signed(text string) string {
	return testKey + ":" + string(NewSigner(testSecret).AppendHex(nil, []byte(text)))
}

func TestChannelAuthVectors(t *testing.T) {
	private, presence := mustChannel(t, "private-foobar"), mustChannel(t, "presence-foobar")
	data := `{"user_id":10,"user_info":{"name":"Mr. Channels"}}`
	for _, tt := range []struct {
		ch         Channel
		sign, data string
	}{
		{private, signatureVectors[0].signature, ""},
		{private, signatureVectors[0].signature, "ignored by the back end"},
		{presence, signatureVectors[2].signature, data},
	} {
		if err := VerifyChannelAuth(testSigs, testKey, testID, tt.ch, []byte(testKey+":"+tt.sign), []byte(tt.data)); err != nil {
			t.Errorf("%s: %v", tt.ch.Name, err)
		}
	}
}

// Every prefix with no auth, with that of another connection, and with both
// forms of a right one.
func TestPrefixAndAuth(t *testing.T) {
	tests := []struct {
		prefix string
		open   bool
	}{
		{prefix: "", open: true},
		{prefix: "privateer-", open: true},
		{prefix: "cache-", open: true},
		{prefix: "my-private-", open: true},
		{prefix: "private-"},
		{prefix: "private-cache-"},
		{prefix: "private-user-cache-"},
		{prefix: "private-encrypted-"},
		{prefix: "private-encrypted-cache-"},
		{prefix: "presence-"},
		{prefix: "presence-cache-"},
	}
	const data = `{"user_id":"1"}`
	for _, tt := range tests {
		ch := mustChannel(t, tt.prefix+"x")
		short, full := testID.String()+":"+ch.Name, testID.String()+":"+ch.Name+":"+data
		isPresence := ch.Class == Presence
		for _, c := range []struct {
			what, auth, data string
			ok               bool
		}{
			{"no auth", "", "", tt.open},
			{"no auth, data", "", data, tt.open},
			{"wrong signature", testKey + ":" + strings.Repeat("0", 64), data, tt.open},
			{"no signature", testKey + ":", "", tt.open},
			{"another connection", signed("1.1:" + ch.Name), "", tt.open},
			{"another channel", signed(testID.String() + ":private-y"), "", tt.open},
			{"right, no data", signed(short), "", true},
			{"right, over data", signed(full), data, true},
			{"right, data not signed", signed(short), data, tt.open || !isPresence},
			{"data taken away", signed(full), "", tt.open},
			{"other data", signed(full), `{"user_id":"2"}`, tt.open},
		} {
			err := VerifyChannelAuth(testSigs, testKey, testID, ch, []byte(c.auth), []byte(c.data))
			if (err == nil) != c.ok {
				t.Errorf("%s, %s: %v", ch.Name, c.what, err)
			}
		}
	}
}

func TestRefusalsSayWhatWasExpected(t *testing.T) {
	ch := mustChannel(t, "private-x")
	tests := []struct {
		auth, data, text string
		cause            error
	}{
		{"", "", "Auth info required to subscribe to private-x", ErrMissingAuth},
		{"nonsense", "", "Invalid key in subscription auth data: 'nonsense'", ErrMalformedAuth},
		{":abc", "", "Invalid key in subscription auth data: ':abc'", ErrMalformedAuth},
		{testKey, "", "Invalid key in subscription auth data: '" + testKey + "'", ErrMalformedAuth},
		{testKey + ":", "", "Invalid key in subscription auth data: '" + testKey + ":'", ErrMalformedAuth},
		{"other:abc", "", "Invalid key in subscription auth data: 'other:abc'", ErrWrongKey},
		{testKey + "x:abc", "", "Invalid key in subscription auth data: '" + testKey + "x:abc'", ErrWrongKey},
		{testKey + ":abc", "", "Invalid signature: Expected HMAC SHA256 hex digest of 1234.1234:private-x, but got abc", ErrBadSignature},
		{testKey + ":a:b", "{}", "Invalid signature: Expected HMAC SHA256 hex digest of 1234.1234:private-x:{}, but got a:b", ErrBadSignature},
	}
	for _, tt := range tests {
		err := VerifyChannelAuth(testSigs, testKey, testID, ch, []byte(tt.auth), []byte(tt.data))
		e := AsError(err)
		if e == nil || e.Message != tt.text || !errors.Is(err, tt.cause) {
			t.Errorf("%q: %v", tt.auth, err)
			continue
		}
		if e.Code != CodeUnauthorized || e.Type != TypeAuth || e.Status != 401 {
			t.Errorf("%q: %+v", tt.auth, e)
		}
	}
}

func TestRefusalsShowNoSignatureAndStayShort(t *testing.T) {
	ch := mustChannel(t, "private-x")
	data := strings.Repeat("é", 50_000)
	err := VerifyChannelAuth(testSigs, testKey, testID, ch, []byte(testKey+":"+data), []byte(data))
	if len(err.Error()) > 4096 {
		t.Errorf("text of %d bytes", len(err.Error()))
	}
	err = VerifyChannelAuth(testSigs, testKey, testID, ch, []byte(testKey+":abc"), nil)
	if right := strings.TrimPrefix(signed("1234.1234:private-x"), testKey+":"); strings.Contains(err.Error(), right) {
		t.Error("the text shows the right signature")
	}
}

func TestAKeyMayHaveColons(t *testing.T) {
	auth := "my:key:" + strings.TrimPrefix(signed("1234.1234:private-x"), testKey+":")
	if err := VerifyChannelAuth(testSigs, "my:key", testID, mustChannel(t, "private-x"), []byte(auth), nil); err != nil {
		t.Error(err)
	}
}

func FuzzVerifyChannelAuth(f *testing.F) {
	f.Add("private-x", testKey+":abc", "")
	f.Add("presence-x", "k:"+strings.Repeat("0", 64), `{"user_id":1}`)
	f.Fuzz(func(t *testing.T, name, auth, data string) {
		ch, err := ParseChannel(name, 200)
		if err != nil || !ch.NeedsAuth() {
			return
		}
		if VerifyChannelAuth(testSigs, testKey, testID, ch, []byte(auth), []byte(data)) == nil {
			short := testID.String() + ":" + name
			if auth != signed(short) && auth != signed(short+":"+data) {
				t.Errorf("accepted %q for %q with %q", auth, name, data)
			}
		}
	})
}

func mustChannel(t testing.TB, name string) Channel {
	t.Helper()
	ch, err := ParseChannel(name, 200)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}
