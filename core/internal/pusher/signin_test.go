package pusher

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSigninVector(t *testing.T) {
	in, err := ParseSignin([]byte(`{"auth":"` + testKey + ":" + signatureVectors[1].signature + `","user_data":"{\"id\":\"12345\"}"}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := VerifySignin(testSigs, testKey, testID, in); err != nil {
		t.Error(err)
	}
	if err := VerifySignin(testSigs, testKey, SocketID{1, 1}, in); !errors.Is(err, ErrBadSignature) {
		t.Errorf("another connection: %v", err)
	}
	in.UserData = []byte(`{"id":"1"}`)
	if err := VerifySignin(testSigs, testKey, testID, in); !errors.Is(err, ErrBadSignature) {
		t.Errorf("other user data: %v", err)
	}
}

func TestWrongSignins(t *testing.T) {
	for _, in := range []string{``, `{}`, `{"auth":"a:b"}`, `{"auth":"a:b","user_data":{"id":"1"}}`, `{"auth":1,"user_data":"{}"}`} {
		if _, err := ParseSignin([]byte(in)); AsError(err) == nil || AsError(err).Code != NoCode {
			t.Errorf("%s: %v", in, err)
		}
	}
	for auth, cause := range map[string]error{
		"": ErrMissingAuth, "x": ErrMalformedAuth, "other:x": ErrWrongKey, testKey + ":x": ErrBadSignature,
	} {
		err := VerifySignin(testSigs, testKey, testID, Signin{Auth: []byte(auth), UserData: []byte(`{"id":"1"}`)})
		if !errors.Is(err, cause) || AsError(err).Code != CodeUnauthorized {
			t.Errorf("%q: %v", auth, err)
		}
	}
}

func TestParseUser(t *testing.T) {
	tests := []struct {
		in   string
		want SignedUser
	}{
		{`{"id":"1"}`, SignedUser{ID: "1", Info: []byte("{}")}},
		{`{"id":"1","user_info":{"a":1},"watchlist":[]}`, SignedUser{ID: "1", Info: []byte(`{"a":1}`)}},
		{`{"id":"1","watchlist":["a","b","a",7]}`, SignedUser{ID: "1", Info: []byte("{}"), Watchlist: []string{"a", "b", "7"}}},
		{`{"id":"1","watchlist":["a","b","c","d"]}`, SignedUser{ID: "1", Info: []byte("{}"), Watchlist: []string{"a", "b", "c"}, WatchlistCut: true}},
		{`{"id":"1","watchlist":null}`, SignedUser{ID: "1", Info: []byte("{}")}},
	}
	for _, tt := range tests {
		got, err := ParseUser([]byte(tt.in), 3)
		if err != nil {
			t.Errorf("%s: %v", tt.in, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.in, diff)
		}
	}
}

func TestWrongUsers(t *testing.T) {
	for _, in := range []string{
		``, `[]`, `{}`, `{"id":""}`, `{"id":1}`, `{"id":null}`, `{"id":"a\n"}`, `{"id":"` + strings.Repeat("x", 129) + `"}`,
		`{"id":"1","watchlist":"a"}`, `{"id":"1","watchlist":{}}`, `{"id":"1","watchlist":[null]}`, `{"id":"1","watchlist":[""]}`,
	} {
		_, err := ParseUser([]byte(in), 100)
		if e := AsError(err); e == nil || e.Code != CodeUnauthorized || !errors.Is(err, ErrUserData) {
			t.Errorf("%.40s: %v", in, err)
		}
	}
}

func TestTheWatchlistIsCutAtItsLimit(t *testing.T) {
	ids := make([]string, 101)
	for i := range ids {
		ids[i] = fmt.Sprintf("%q", fmt.Sprint("user-", i))
	}
	got, err := ParseUser([]byte(`{"id":"1","watchlist":[`+strings.Join(ids, ",")+`]}`), 100)
	if err != nil || len(got.Watchlist) != 100 || !got.WatchlistCut || got.Watchlist[99] != "user-99" {
		t.Errorf("%d ids, cut %v, error %v", len(got.Watchlist), got.WatchlistCut, err)
	}
}
