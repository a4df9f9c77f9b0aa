package pusher

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

const (
	vectorBody  = `{"name":"foo","channels":["project-3"],"data":"{\"some\":\"data\"}"}`
	vectorQuery = "auth_key=278d425bdf160c739803&auth_timestamp=1353088179&auth_version=1.0"
	vectorMD5   = "&body_md5=ec365a775a4cd0599faeb73354201b6f"
	vectorSign  = "da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c"
)

var vectorTime = time.Unix(1353088179, 0)

func verify(r Request) error { return VerifyRequest(testSigs, testKey, r, vectorTime) }

func post(query string) Request {
	return Request{Method: "POST", RawPath: "/apps/3/events", RawQuery: query, Body: []byte(vectorBody)}
}

func get(path, query string) Request {
	return Request{Method: "GET", RawPath: path, RawQuery: query}
}

// sign returns a query whose last parameter is the signature over what is signed.
func sign(query, toSign string) string {
	return query + "&auth_signature=" + strings.TrimPrefix(signed(toSign), testKey+":")
}

func TestRequestVectors(t *testing.T) {
	if err := verify(post(vectorQuery + vectorMD5 + "&auth_signature=" + vectorSign)); err != nil {
		t.Error(err)
	}
	if err := verify(get("/apps/3/channels", vectorQuery+
		"&filter_by_prefix=presence-&info=user_count&auth_signature=16819168891cb5dfd72b5c7a5d3d602605b26c6ba1930033b5e2eeeb65010291")); err != nil {
		t.Error(err)
	}
	got, err := StringToSign(post(vectorQuery + vectorMD5 + "&auth_signature=" + vectorSign))
	if want := "POST\n/apps/3/events\n" + vectorQuery + vectorMD5; err != nil || got != want {
		t.Errorf("string to sign %q, %v", got, err)
	}
}

func TestSignaturesThatSDKsMake(t *testing.T) {
	const users, encoded = "/apps/3/channels/presence-a@b/users", "/apps/3/channels/presence-a%40b/users"
	plain := "GET\n" + users + "\n" + vectorQuery
	tests := []struct {
		name string
		r    Request
	}{
		{"parameters in any order", get(users, sign("auth_version=1.0&auth_timestamp=1353088179&auth_key="+testKey, plain))},
		{"names in upper case", get(users, sign("AUTH_Version=1.0&auth_timestamp=1353088179&Auth_Key="+testKey, plain))},
		{"signature first", get(users, strings.TrimPrefix(sign("", plain), "&")+"&"+vectorQuery)},
		{"method in lower case", Request{Method: "get", RawPath: users, RawQuery: sign(vectorQuery, plain)}},
		{"path encoded on the way", get(encoded, sign(vectorQuery, plain))},
		{"encoded path signed", get(encoded, sign(vectorQuery, "GET\n"+encoded+"\n"+vectorQuery))},
		{"values encoded on the way", get(users, sign(vectorQuery+"&info=user_count%2Ccache", plain+"&info=user_count,cache"))},
		{"encoded values signed", get(users, sign(vectorQuery+"&info=user_count%2Ccache", plain+"&info=user_count%2Ccache"))},
		{"plus as it is", get(users, sign(vectorQuery+"&x=a+b", plain+"&x=a+b"))},
		{"plus and escapes", get(users, sign(vectorQuery+"&x=a+b%2C", plain+"&x=a+b,"))},
		{"plus for space", get(users, sign(vectorQuery+"&x=a+b", plain+"&x=a b"))},
		{"empty value", get(users, sign(vectorQuery+"&x=", plain+"&x="))},
		{"malformed escape", get(users, sign(vectorQuery+"&x=100%", plain+"&x=100%"))},
		{"empty body with its MD5", Request{Method: "POST", RawPath: users, RawQuery: sign(vectorQuery+"&body_md5="+emptyMD5, "POST\n"+users+"\n"+vectorQuery+"&body_md5="+emptyMD5)}},
		{"empty body without", Request{Method: "POST", RawPath: users, RawQuery: sign(vectorQuery, "POST\n"+users+"\n"+vectorQuery)}},
		{"prefix not signed", Request{Method: "GET", RawPath: "/pusher" + users, Prefix: "/pusher", RawQuery: sign(vectorQuery, plain)}},
		{"prefix signed", Request{Method: "GET", RawPath: "/pusher" + users, Prefix: "/pusher/", RawQuery: sign(vectorQuery, "GET\n/pusher"+users+"\n"+vectorQuery)}},
		{"prefix not signed, path encoded", Request{Method: "GET", RawPath: "/pusher" + encoded, Prefix: "/pusher", RawQuery: sign(vectorQuery, plain)}},
		{"prefix is the root", Request{Method: "GET", RawPath: users, Prefix: "/", RawQuery: sign(vectorQuery, plain)}},
	}
	for _, tt := range tests {
		if err := verify(tt.r); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestWrongRequests(t *testing.T) {
	good := vectorQuery + vectorMD5 + "&auth_signature=" + vectorSign
	without := func(name string) string {
		q, _ := url.ParseQuery(good)
		q.Del(name)
		return q.Encode()
	}
	with := func(name, value string) string { return without(name) + "&" + name + "=" + value }
	tests := []struct {
		query  string
		status int
		slug   string
		text   string
	}{
		{"", 401, SlugAuth, "auth_key is missing"},
		{without("auth_key"), 401, SlugAuth, "auth_key is missing"},
		{without("auth_timestamp"), 401, SlugAuth, "auth_timestamp is missing"},
		{without("auth_signature"), 401, SlugAuth, "auth_signature is missing"},
		{without("auth_version"), 400, SlugVersion, "auth_version must be 1.0"},
		{with("auth_version", "1"), 400, SlugVersion, `is "1"`},
		{with("auth_key", "other"), 401, SlugAuth, `auth_key "other"`},
		{with("auth_timestamp", "soon"), 401, SlugAuth, `"soon"`},
		{with("auth_timestamp", "1353088179.5"), 401, SlugAuth, "whole seconds"},
		{with("auth_timestamp", "1353087578"), 401, SlugAuth, "server's time, which is 1353088179"},
		{with("auth_timestamp", "1353088780"), 401, SlugAuth, "server's time, which is 1353088179"},
		{with("auth_timestamp", "-9223372036854775808"), 401, SlugAuth, "server's time"},
		{with("auth_timestamp", "9223372036854775807"), 401, SlugAuth, "server's time"},
		{without("body_md5"), 401, SlugAuth, "Invalid signature"},
		{with("body_md5", emptyMD5), 401, SlugAuth, "Invalid signature"},
		{good + "&auth_key=" + testKey, 400, SlugInvalid, `"auth_key" comes more than once`},
		{good + "&AUTH_KEY=other", 400, SlugInvalid, `"auth_key" comes more than once`},
		{good + "&x=1&X=2", 400, SlugInvalid, `"x" comes more than once`},
		{good + strings.Repeat("&a=b", 100), 400, SlugInvalid, "too many parameters"},
		{good + "&x=" + strings.Repeat("a", 20_000), 400, SlugLimit, "longer than 16384 bytes"},
		{good + "&x=1", 401, SlugAuth, `you should have sent HmacSHA256Hex("POST\n/apps/3/events\n` + vectorQuery + vectorMD5 + `&x=1", your_secret_key), but you sent "` + vectorSign},
	}
	for _, tt := range tests {
		wantFailure(t, tt.query, verify(post(tt.query)), tt.status, tt.slug, tt.text)
	}
}

func TestTheBodyIsTheOneThatWasSigned(t *testing.T) {
	const sum = "ec365a775a4cd0599faeb73354201b6f"
	tests := []struct{ sum, body, problem string }{
		{sum, vectorBody, ""},
		{"", "", ""},
		{emptyMD5, "", ""},
		{"", vectorBody, "body_md5 is missing"},
		{emptyMD5, vectorBody, sum},
		{sum, "", "has no body"},
	}
	for _, tt := range tests {
		err := CheckBody(tt.sum, []byte(tt.body))
		if tt.problem == "" && err != nil {
			t.Errorf("%q, %q: %v", tt.sum, tt.body, err)
		}
		if tt.problem != "" {
			wantFailure(t, tt.sum, err, 401, SlugAuth, tt.problem)
		}
	}
}

func TestWhatTheSignatureCovers(t *testing.T) {
	good := post(vectorQuery + vectorMD5 + "&auth_signature=" + vectorSign)
	tests := map[string]func(r *Request){
		"method":     func(r *Request) { r.Method = "PUT" },
		"path":       func(r *Request) { r.RawPath = "/apps/4/events" },
		"body":       func(r *Request) { r.Body = []byte(strings.ToUpper(vectorBody)) },
		"body gone":  func(r *Request) { r.Body = nil },
		"query":      func(r *Request) { r.RawQuery += "&info=user_count" },
		"upper case": func(r *Request) { r.RawQuery = strings.Replace(r.RawQuery, vectorSign, strings.ToUpper(vectorSign), 1) },
	}
	for name, change := range tests {
		r := good
		change(&r)
		if f, ok := errors.AsType[*Failure](verify(r)); !ok || f.Status != 401 {
			t.Errorf("%s: %v", name, verify(r))
		}
	}
}

func TestTheWindowOfTimestamps(t *testing.T) {
	r := post(vectorQuery + vectorMD5 + "&auth_signature=" + vectorSign)
	for offset, ok := range map[time.Duration]bool{
		-601 * time.Second: false, -600 * time.Second: true, 0: true, 600 * time.Second: true, 601 * time.Second: false,
	} {
		if err := VerifyRequest(testSigs, testKey, r, vectorTime.Add(offset)); (err == nil) != ok {
			t.Errorf("%v: %v", offset, err)
		}
	}
}

func TestFailuresHideDigestAndStayShort(t *testing.T) {
	err := verify(post(vectorQuery + vectorMD5 + "&auth_signature=wrong"))
	if strings.Contains(err.Error(), vectorSign) || strings.Contains(err.Error(), testSecret) {
		t.Errorf("the text gives away a secret: %v", err)
	}
	err = verify(post(vectorQuery + vectorMD5 + "&auth_signature=wrong&x=" + strings.Repeat("a", 10_000)))
	if len(err.Error()) > 4096 {
		t.Errorf("text of %d bytes", len(err.Error()))
	}
}

func FuzzVerifyRequest(f *testing.F) {
	f.Add("/apps/3/events", vectorQuery+vectorMD5+"&auth_signature="+vectorSign, vectorBody, "")
	f.Add("/p/apps/3%2", "a=%zz&b=+&&=&c", "", "/p")
	f.Add("%", strings.Repeat("a&", 70), "x", "/")
	f.Fuzz(func(t *testing.T, path, query, body, prefix string) {
		r := Request{Method: "POST", RawPath: path, RawQuery: query, Prefix: prefix, Body: []byte(body)}
		err := verify(r)
		if err == nil && (body != vectorBody || !strings.Contains(query, vectorSign)) {
			t.Errorf("accepted %q %q %q", path, query, body)
		}
		if _, ok := errors.AsType[*Failure](err); err != nil && !ok {
			t.Errorf("%T: %v", err, err)
		}
		toSign, err := StringToSign(r)
		if err != nil {
			return
		}
		query = fmt.Sprintf("%s&auth_signature=%s", query, strings.TrimPrefix(signed(toSign), testKey+":"))
		if s, err := StringToSign(Request{Method: "POST", RawPath: path, RawQuery: query}); err == nil && s != toSign {
			t.Errorf("the signature changed what is signed: %q, then %q", toSign, s)
		}
	})
}
