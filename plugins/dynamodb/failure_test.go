package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk/appstore"
	"github.com/jackfield/jackfield/sdk/contract"
)

// answering is a server that answers everything alike, and remembers the last headers.
type answering struct {
	*httptest.Server
	mu   sync.Mutex
	last http.Header
}

func answer(t *testing.T, status int, body string) *answering {
	a := &answering{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.last = r.Header.Clone()
		a.mu.Unlock()
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *answering) header(name string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last.Get(name)
}

// What AWS says becomes the right error, which names the table and the cure.
func TestRefusalsAreToldApart(t *testing.T) {
	for code, test := range map[string]struct {
		status int
		want   error
		text   string
	}{
		"AccessDeniedException":                  {400, contract.ErrAuth, "give this identity the right"},
		"UnrecognizedClientException":            {400, contract.ErrAuth, "correct database.dynamodb.aws_access_key_id"},
		"InvalidSignatureException":              {400, contract.ErrAuth, "correct database.dynamodb.aws_secret_access_key"},
		"ExpiredTokenException":                  {400, contract.ErrAuth, "renew the temporary credentials"},
		"ProvisionedThroughputExceededException": {400, contract.ErrOverloaded, "ProvisionedThroughputExceeded"},
		"ThrottlingException":                    {400, contract.ErrOverloaded, "ThrottlingException"},
		"InternalServerError":                    {500, contract.ErrUnavailable, "InternalServerError"},
		"ResourceNotFoundException":              {400, contract.ErrUnavailable, "there is no such table"},
		"ValidationException":                    {400, contract.ErrUnavailable, "the request was refused"},
	} {
		t.Run(code, func(t *testing.T) {
			server := answer(t, test.status, fmt.Sprintf(`{"__type":"com.amazonaws.dynamodb.v20120810#%s","message":"because"}`, code))
			m := unprepared(t, freshTable(server.URL))
			for what, err := range map[string]error{
				"FindByID": second(m.FindByID(t.Context(), "a")), "FindByKey": second(m.FindByKey(t.Context(), "a")),
				"List": second(m.List(t.Context(), "", 1)), "Health": m.Health(t.Context()),
			} {
				if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.text) || !strings.Contains(err.Error(), m.opts.TableName) {
					t.Errorf("%s: %v, want %v and %q", what, err, test.want, test.text)
				}
				if (contract.RetryAfter(err) > 0) != (test.want == contract.ErrOverloaded) {
					t.Errorf("%s: retry after %v", what, contract.RetryAfter(err))
				}
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }

// unprepared is an app manager that has not looked at its table.
func unprepared(t *testing.T, o options) *appManager {
	t.Helper()
	db, transport, err := connect(t.Context(), &o, hclog.NewNullLogger())
	if err != nil {
		t.Fatal(err)
	}
	table := &store{opts: o, db: db, transport: transport}
	m := &appManager{Manager: appstore.New[item](table, hclog.NewNullLogger()), store: table}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

func TestSomethingElseAtTheEndpointIsUnavailable(t *testing.T) {
	server := answer(t, 404, "<html>nothing here</html>")
	if _, err := open(t.Context(), freshTable(server.URL)); !errors.Is(err, contract.ErrUnavailable) || !strings.Contains(err.Error(), "endpoint_url") {
		t.Errorf("open: %v", err)
	}
}

func TestNobodyAtTheEndpointIsUnavailable(t *testing.T) {
	_, err := open(t.Context(), freshTable("http://127.0.0.1:1"))
	const want = `endpoint_url "http://127.0.0.1:1" does not answer; correct it or start what is there`
	if !errors.Is(err, contract.ErrUnavailable) || !strings.Contains(err.Error(), want) {
		t.Errorf("open: %v", err)
	}
}

// A server that takes connections and says nothing costs a call its time, no more.
func TestASilentEndpointIsATimeout(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
	defer cancel()
	_, err = open(ctx, freshTable("http://"+l.Addr().String()))
	if !errors.Is(err, contract.ErrTimeout) || !strings.Contains(err.Error(), "endpoint_url") {
		t.Errorf("open: %v", err)
	}
}

// forget empties the environment of what the AWS chain reads.
func forget(t *testing.T) {
	t.Helper()
	for _, kv := range os.Environ() {
		if name, value, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, value) // restores it
			_ = os.Unsetenv(name)
		}
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("HOME", t.TempDir())
}

func TestCredentialsComeFromOptionsOrTheChain(t *testing.T) {
	server := answer(t, 400, `{"__type":"AccessDeniedException"}`)
	file := filepath.Join(t.TempDir(), "credentials")
	content := "[other]\naws_access_key_id = PROFILE\naws_secret_access_key = s\naws_session_token = profile-token\n"
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	environment := map[string]string{"AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "env-token"}
	for name, test := range map[string]struct {
		set             func(*options)
		env             map[string]string
		id, wantedToken string
	}{
		"options":                     {func(o *options) { o.AccessKeyID, o.SecretAccessKey = "OPTION", "s" }, environment, "OPTION", ""},
		"options with a token":        {func(o *options) { o.AccessKeyID, o.SecretAccessKey, o.SessionToken = "OPTION", "s", "t" }, nil, "OPTION", "t"},
		"environment":                 {func(*options) {}, environment, "ENV", "env-token"},
		"a profile before all others": {func(o *options) { o.ProfileName = "other" }, environment, "PROFILE", "profile-token"},
	} {
		t.Run(name, func(t *testing.T) {
			forget(t)
			t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
			for key, value := range test.env {
				t.Setenv(key, value)
			}
			o := freshTable(server.URL)
			o.AccessKeyID, o.SecretAccessKey = "", ""
			test.set(&o)
			if _, err := open(t.Context(), o); !errors.Is(err, contract.ErrAuth) {
				t.Fatalf("open: %v", err)
			}
			if got := server.header("Authorization"); !strings.Contains(got, "Credential="+test.id+"/") {
				t.Errorf("Authorization %q, want the credentials %s", got, test.id)
			}
			if got := server.header("X-Amz-Security-Token"); got != test.wantedToken {
				t.Errorf("token %q, want %q", got, test.wantedToken)
			}
		})
	}
}

func TestMissingCredentialsAreSaid(t *testing.T) {
	forget(t)
	o := freshTable("http://127.0.0.1:1")
	o.AccessKeyID, o.SecretAccessKey = "", ""
	if _, err := open(t.Context(), o); !errors.Is(err, contract.ErrAuth) || !strings.Contains(err.Error(), "aws_access_key_id: there are no AWS credentials") {
		t.Errorf("no credentials: %v", err)
	}
	o.ProfileName = "nobody"
	_, err := open(t.Context(), o)
	if options, ok := errors.AsType[contract.OptionErrors](err); !ok || options[0].Path != "aws_profile_name" {
		t.Errorf("an unknown profile: %v", err)
	}
}
