package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// maxShown bounds what a message repeats of a value.
const maxShown = 60

func mustBe(wanted string, v any) error {
	return fmt.Errorf("must be %s, is %s", wanted, describe(v))
}

// wrongNumber is mustBe with a hint for a well-known trap.
func wrongNumber(wanted string, v any) error {
	if text, ok := v.(string); ok && strings.Contains(text, "://") {
		return fmt.Errorf("%w (Kubernetes sets such names for a Service of that name: "+
			"enableServiceLinks: false in the pod prevents it)", mustBe(wanted, v))
	}
	return mustBe(wanted, v)
}

// describe says what v is, for a message to the operator.
func describe(v any) string {
	switch v := v.(type) {
	case string:
		return `"` + shorten(v) + `"`
	case bool:
		return strconv.FormatBool(v)
	}
	if _, err := number(v); err == nil {
		return fmt.Sprint(v)
	}
	return kindOf(v)
}

// kindOf says what kind of value v is, without its content.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "text"
	case bool:
		return "true or false"
	case time.Time, toml.LocalDate, toml.LocalTime, toml.LocalDateTime:
		return "a date or time"
	}
	switch reflect.ValueOf(v).Kind() {
	case reflect.Map:
		return "a table"
	case reflect.Slice:
		return "a list"
	}
	return "a number"
}

func shorten(text string) string {
	quoted := strconv.Quote(text)
	quoted = strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
	if letters := []rune(quoted); len(letters) > maxShown {
		return string(letters[:maxShown]) + "..."
	}
	return quoted
}

// alternatives writes a list as "a, b or c".
func alternatives(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// show writes the field's value as it would stand in the environment; secrets
// are redacted.
func (f *field) show() string {
	v := f.value
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	switch value := v.Interface().(type) {
	case time.Duration:
		if f.tag.Get("unit") == "ms" {
			return strconv.FormatInt(value.Milliseconds(), 10)
		}
		return strconv.FormatInt(int64(value.Seconds()), 10)
	case []string:
		return strings.Join(value, ",")
	default:
		return fmt.Sprint(value)
	}
}

// enumeration writes a list as "a, b and c".
func enumeration(words []string) string {
	return strings.Replace(alternatives(words), " or ", " and ", 1)
}
