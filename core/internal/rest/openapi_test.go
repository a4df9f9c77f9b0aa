package rest

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"go.yaml.in/yaml/v3"

	"github.com/jackfield/jackfield/core/internal/idempotency"
)

// observed are the answers that the tests of this package saw: method, path of
// the document and status.
var observed struct {
	sync.Mutex
	all map[answered]string // and an example
}

type answered struct {
	method, path string
	status       int
}

// document is what a test needs of docs/openapi.yaml.
type document struct {
	Paths map[string]map[string]struct {
		Responses map[string]any
	}
}

func loadDocument() (document, error) {
	var d document
	text, err := os.ReadFile("../../../docs/openapi.yaml")
	if err == nil {
		err = yaml.Unmarshal(text, &d)
	}
	return d, err
}

var documented, documentErr = loadDocument()

// observe notes an answer, if its path is one of the document.
func observe(r *http.Request, status int) {
	path, ok := documented.pathOf(r.URL.Path)
	if !ok || r.Method == http.MethodOptions { // questions of browsers are no operations
		return
	}
	observed.Lock()
	defer observed.Unlock()
	if observed.all == nil {
		observed.all = map[answered]string{}
	}
	observed.all[answered{strings.ToLower(r.Method), path, status}] = r.Method + " " + r.URL.Path
}

// pathOf returns the path of the document that a request is for.
func (d document) pathOf(path string) (string, bool) {
	parts := strings.Split(path, "/")
	for known := range d.Paths {
		if slices.EqualFunc(strings.Split(known, "/"), parts, func(want, got string) bool {
			return want == got || strings.HasPrefix(want, "{") && got != ""
		}) {
			return known, true
		}
	}
	return "", false
}

// describes reports whether the document has an answer. A method that a path
// does not have is answered with 405 by all methods that it has.
func (d document) describes(a answered) bool {
	operations := d.Paths[a.path]
	if op, ok := operations[a.method]; ok {
		return op.Responses[strconv.Itoa(a.status)] != nil
	}
	for _, op := range operations {
		if op.Responses[strconv.Itoa(a.status)] != nil && a.status == http.StatusMethodNotAllowed {
			return true
		}
	}
	return false
}

// TestMain checks, after all tests, that the document knows every answer that
// they saw.
func TestMain(m *testing.M) {
	code := m.Run()
	for a, example := range observed.all {
		if !documented.describes(a) {
			fmt.Printf("docs/openapi.yaml: %s %s has no answer %d, but %s was answered so\n", a.method, a.path, a.status, example)
			code = 1
		}
	}
	if err := goleak.Find(); err != nil {
		fmt.Println(err)
		code = 1
	}
	os.Exit(code)
}

// Every operation of the document exists, and the server has no other route.
func TestTheDocumentAndTheServerAgree(t *testing.T) {
	if documentErr != nil {
		t.Fatal(documentErr)
	}
	routes := map[*route]bool{}
	fill := strings.NewReplacer("{app_id}", "3", "{channel}", "presence-a", "{user_id}", "ann")
	for _, path := range slices.Sorted(maps.Keys(documented.Paths)) {
		for method := range documented.Paths[path] {
			f := newFixture()
			f.opts.Usage = true
			target := fill.Replace(path)
			w := f.do(httptest.NewRequest(strings.ToUpper(method), target, nil))
			want := http.StatusOK
			if strings.HasPrefix(path, "/apps/") {
				want = http.StatusUnauthorized // it is there, and wants a signature
				p, _ := splitPath(target)
				routes[routeOf(&p)] = true
			}
			if w.Code != want {
				t.Errorf("%s %s: %d, want %d", method, target, w.Code, want)
			}
		}
	}
	all := []*route{
		publishEventRoute, publishBatchRoute, listChannelsRoute, showChannelRoute, listUsersRoute, connectionsRoute, terminateRoute,
	}
	for _, r := range all {
		if !routes[r] {
			t.Errorf("a %s route is not in the document", r.method)
		}
	}
}

func TestConnectionsAreCountedAndTerminated(t *testing.T) {
	f := newFixture()
	checkAnswer(t, f.call("GET", "/apps/3/connections", ""), 200, `{"connections":7}`)
	checkAnswer(t, f.call("POST", "/apps/3/users/ann%20b/terminate_connections", "{}"), 200, `{}`)
	checkAnswer(t, f.call("POST", "/apps/3/users/ann/terminate_connections", ""), 200, `{}`)
	checkAnswer(t, f.call("POST", "/apps/3/users/"+strings.Repeat("x", 129)+"/terminate_connections", ""), 400, "")
	if !slices.Equal(f.hub.terminated, []string{"3/ann b", "3/ann"}) {
		t.Errorf("terminated %v", f.hub.terminated)
	}
}

func TestAPublishThatFailedMayBeRepeated(t *testing.T) {
	f := newFixture()
	f.opts.Repeats, f.opts.MaxIdempotencyKey = idempotency.New(nil, testTTL), 128
	body := `{"name":"e","channel":"a","data":"1","idempotency_key":"k"}`
	f.hub.err = fmt.Errorf("away")
	checkAnswer(t, f.call("POST", "/apps/3/events", body), 503, "")
	f.hub.err = nil
	for range 2 {
		checkAnswer(t, f.call("POST", "/apps/3/events", body), 200, "{}")
	}
	other := strings.Replace(body, `"1"`, `"2"`, 1)
	checkAnswer(t, f.call("POST", "/apps/3/events", other), 409, "")
	checkAnswer(t, f.call("POST", "/apps/3/batch_events", `{"batch":[`+other+`]}`), 409, "")
	if n := len(f.published()); n != 1 {
		t.Errorf("published %d times", n)
	}
	c := f.metrics.App("3")
	if c.IdempotentPublishes.Load() != 1 || c.IdempotentDuplicates.Load() != 1 {
		t.Errorf("counted %d publishes, %d duplicates", c.IdempotentPublishes.Load(), c.IdempotentDuplicates.Load())
	}
}
