package main

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
)

var record = flag.Bool("record", false, "write testdata anew: what this program keeps in Redis is then what it has always kept")

// kept is what stands in Redis under a prefix: by key its type and its values,
// quoted. testdata holds what releases keep there. Programs of other releases find
// it, so it must be written as it was, and be read.
type kept map[string][]string

// keptUnder reads all keys that begin with a prefix; it is left off.
func keptUnder(t *testing.T, c redis.UniversalClient, prefix string) kept {
	t.Helper()
	found := kept{}
	keys, err := c.Keys(t.Context(), prefix+"*").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		typ, err := c.Type(t.Context(), key).Result()
		if err != nil {
			t.Fatal(err)
		}
		values := []string{typ}
		for _, v := range valuesOf(t, c, typ, key) {
			values = append(values, strconv.QuoteToASCII(v))
		}
		found[strings.TrimPrefix(key, prefix)] = values
	}
	return found
}

func valuesOf(t *testing.T, c redis.UniversalClient, typ, key string) (values []string) {
	t.Helper()
	var err error
	switch typ {
	case "string":
		values = []string{c.Get(t.Context(), key).Val()}
	case "hash":
		all := c.HGetAll(t.Context(), key).Val()
		for field, value := range all {
			values = append(values, framed(field)+inOrder(value))
		}
		slices.Sort(values)
	case "set":
		values, err = c.SMembers(t.Context(), key).Result()
		slices.Sort(values)
	case "zset":
		for _, z := range c.ZRangeWithScores(t.Context(), key, 0, -1).Val() {
			values = append(values, strconv.FormatFloat(z.Score, 'f', -1, 64)+" "+z.Member.(string))
		}
	case "stream":
		for _, m := range c.XRange(t.Context(), key, "-", "+").Val() {
			values = append(values, m.ID+" "+m.Values["c"].(string))
		}
	default:
		t.Fatalf("a %s at %s", typ, key)
	}
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// inOrder is a JSON object with its names in order, and any other text as it is.
func inOrder(text string) string {
	var object map[string]any
	if json.Unmarshal([]byte(text), &object) != nil {
		return text
	}
	ordered, err := json.Marshal(object)
	if err != nil {
		return text
	}
	return string(ordered)
}

func framed(s string) string { return strconv.Itoa(len(s)) + ":" + s }

// put writes what was kept under a prefix. Each of values replaces a text of
// testdata that stands for what differs each time.
func (k kept) put(t *testing.T, c redis.UniversalClient, prefix string, values ...string) {
	t.Helper()
	pipe := c.Pipeline()
	put := strings.NewReplacer(values...)
	for name, quoted := range k {
		for _, q := range quoted[1:] {
			value, err := strconv.Unquote(q)
			if err != nil {
				t.Fatal(err)
			}
			putOne(t, pipe, quoted[0], prefix+name, put.Replace(value))
		}
	}
	if _, err := pipe.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func putOne(t *testing.T, pipe redis.Pipeliner, typ, key, value string) {
	t.Helper()
	head, rest, _ := strings.Cut(value, " ")
	switch typ {
	case "string":
		pipe.Set(t.Context(), key, value, 0)
	case "hash":
		field, value, err := unframe(value)
		if err != nil {
			t.Fatal(err)
		}
		pipe.HSet(t.Context(), key, field, value)
	case "set":
		pipe.SAdd(t.Context(), key, value)
	case "zset":
		score, err := strconv.ParseFloat(head, 64)
		if err != nil {
			t.Fatal(err)
		}
		pipe.ZAdd(t.Context(), key, redis.Z{Score: score, Member: rest})
	case "stream":
		pipe.XAdd(t.Context(), &redis.XAddArgs{Stream: key, ID: head, Values: []string{"c", rest}})
	}
}

// replaced puts texts in the place of what differs each time.
func (k kept) replaced(pairs ...string) kept {
	r := strings.NewReplacer(pairs...)
	for _, values := range k {
		for i := range values {
			values[i] = r.Replace(values[i])
		}
	}
	return k
}

// recorded returns what stands in a file of testdata, and fails if this program
// has written something else.
func recorded(t *testing.T, name string, wrote kept) kept {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *record {
		text, err := json.MarshalIndent(wrote, "", "\t")
		if err == nil {
			err = os.WriteFile(path, append(text, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	had := kept{}
	if err := json.Unmarshal(text, &had); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(had, wrote); diff != "" {
		t.Errorf("programs of other releases read and write %s (-recorded +written):\n%s", path, diff)
	}
	return had
}
