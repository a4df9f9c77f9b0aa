package admin

import (
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// operation is what a test needs of one in docs/admin.openapi.yaml.
type operation struct{ Responses map[string]any }

// operations returns those of the document by method and path.
var operations = sync.OnceValues(func() (map[string]operation, error) {
	var doc struct {
		Paths map[string]map[string]yaml.Node
	}
	text, err := os.ReadFile("../../../docs/admin.openapi.yaml")
	if err == nil {
		err = yaml.Unmarshal(text, &doc)
	}
	found := map[string]operation{}
	for path, methods := range doc.Paths {
		for method, node := range methods {
			var o operation
			if method != "parameters" && err == nil {
				err = node.Decode(&o)
				found[strings.ToUpper(method)+" "+path] = o
			}
		}
	}
	return found, err
})

func TestTheDocumentNamesEveryOperation(t *testing.T) {
	documented, err := operations()
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for pattern := range documented {
		want = append(want, pattern)
	}
	for pattern := range (&handler{}).routes() {
		got = append(got, pattern)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// observed checks that every answer of an operation is one of the document.
func observed(t *testing.T, next http.Handler) http.Handler {
	documented, err := operations()
	if err != nil {
		t.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &recordedStatus{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		if r.Pattern == "" {
			return
		}
		if documented[r.Pattern].Responses[strconv.Itoa(seen.status)] == nil {
			t.Errorf("%s is answered %d, which docs/admin.openapi.yaml does not name", r.Pattern, seen.status)
		}
	})
}

type recordedStatus struct {
	http.ResponseWriter
	status int
}

func (r *recordedStatus) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}
