package pusher

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Pieces of JSON in random order meet the edges of the grammar far more often
// than random bytes do.
func TestScannerAgreesWithEncodingJSON(t *testing.T) {
	piece := rapid.SampledFrom([]string{
		"{", "}", "[", "]", ",", ":", `"a"`, `"a":`, `""`, "1", "-", "0", ".5", "e", "E+7", "-0.0e-1", "true", "false", "null", "nul",
		" ", "\n", `"\u00e9"`, `"\u12"`, `"\q"`, `"`, `\`, "\x01", `"é"`, "\"\xff\"", `"long enough for eight bytes at a time"`,
		`{"a":[1,2]}`, `[{}]`, "/", "+", "x",
	})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(piece, 0, 9).Draw(t, "pieces"), "")
		s := scanner{b: []byte(text)}
		if got, want := s.peek() != 0 && s.value() && s.end(), json.Valid([]byte(text)); got != want {
			t.Fatalf("%q: valid %v, encoding/json says %v", text, got, want)
		}
	})
}

// Whatever can be encoded is read, and whatever is cut off is not.
func TestScannerReadsWhatEncodingJSONWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(anyValue(t, 3))
		if err != nil {
			t.Fatal(err)
		}
		s := scanner{b: text}
		if !s.value() || !s.end() {
			t.Fatalf("%s: stopped at %d", text, s.pos)
		}
		cut := rapid.IntRange(0, len(text)-1).Draw(t, "cut")
		s = scanner{b: text[:cut]}
		if got, want := s.value() && s.end(), json.Valid(text[:cut]); got != want {
			t.Fatalf("%s: valid %v, encoding/json says %v", text[:cut], got, want)
		}
	})
}

func anyValue(t *rapid.T, depth int) any {
	kinds := 4
	if depth > 0 {
		kinds = 6
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return rapid.String().Draw(t, "string")
	case 1:
		return rapid.Float64().Draw(t, "number")
	case 2:
		return rapid.Bool().Draw(t, "bool")
	case 3:
		return nil
	case 4:
		list := make([]any, rapid.IntRange(0, 4).Draw(t, "length"))
		for i := range list {
			list[i] = anyValue(t, depth-1)
		}
		return list
	default:
		object := make(map[string]any)
		for range rapid.IntRange(0, 4).Draw(t, "size") {
			object[rapid.String().Draw(t, "key")] = anyValue(t, depth-1)
		}
		return object
	}
}

func TestPlainEndLooksAtEveryByte(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
		from := rapid.IntRange(0, len(b)).Draw(t, "from")
		want := from
		for want < len(b) && b[want] != '"' && b[want] != '\\' && b[want] >= ' ' {
			want++
		}
		if got := plainEnd(b, from); got != want {
			t.Fatalf("%q from %d: %d, want %d", b, from, got, want)
		}
	})
}

func TestSyntaxErrorsNameTheByte(t *testing.T) {
	err := readObject([]byte(`{"a":1,"b":x}`), nil, nil)
	if err == nil || err.Error() != "not valid JSON at byte 11" {
		t.Errorf("got %v", err)
	}
}
