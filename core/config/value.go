package config

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
)

// reader is a type that reads its value itself: v is a text from the
// environment, or whatever stands in the file.
type reader interface {
	read(v any) error
}

// set gives the field the value v, a text from the environment or a value of
// the file. The error says what must be there and what was found; the value of
// a secret is not in it.
func (f *field) set(v any) error {
	if v == nil {
		return f.setNull()
	}
	if _, none := f.tag.Lookup("none"); none && isNone(v) {
		return f.setNull()
	}
	target := f.value
	if target.Kind() == reflect.Pointer {
		target = reflect.New(target.Type().Elem()).Elem()
	}
	if err := f.read(target, v); err != nil {
		return err
	}
	if f.value.Kind() == reflect.Pointer {
		f.value.Set(target.Addr())
	}
	return nil
}

// setNull makes an optional field empty; another keeps its default.
func (f *field) setNull() error {
	if f.value.Kind() == reflect.Pointer {
		f.value.SetZero()
	}
	return nil
}

func isNone(v any) bool {
	text, isText := v.(string)
	n, err := number(v)
	return isText && strings.EqualFold(text, "none") || err == nil && n == 0
}

func (f *field) read(target reflect.Value, v any) error {
	if custom, ok := target.Addr().Interface().(reader); ok {
		return custom.read(v)
	}
	if target.Type() == reflect.TypeFor[time.Duration]() {
		return f.readDuration(target, v)
	}
	switch target.Kind() {
	case reflect.Bool:
		return readBool(target, v)
	case reflect.String:
		return f.readText(target, v)
	case reflect.Slice:
		return readTexts(target, v)
	case reflect.Float64:
		return f.readFloat(target, v)
	}
	return f.readWhole(target, v)
}

// The words for true and false, in any case, in files and in the environment.
var (
	trueWords  = []string{"true", "1", "yes", "on"}
	falseWords = []string{"false", "0", "no", "off"}
)

func readBool(target reflect.Value, v any) error {
	on, err := parseBool(v)
	if err == nil {
		target.SetBool(on)
	}
	return err
}

func parseBool(v any) (bool, error) {
	word := strings.ToLower(strings.TrimSpace(fmt.Sprint(v)))
	switch {
	case slices.Contains(trueWords, word):
		return true, nil
	case slices.Contains(falseWords, word):
		return false, nil
	}
	return false, mustBe("true, 1, yes, on, false, 0, no or off", v)
}

func (f *field) readText(target reflect.Value, v any) error {
	text, ok := v.(string)
	switch choice := f.tag.Get("oneof"); {
	case !ok && f.isSecret():
		return fmt.Errorf("must be text, is %s; put it in quotes", kindOf(v))
	case !ok:
		return fmt.Errorf("must be text, is %s; put it in quotes", describe(v))
	case choice != "" && !slices.Contains(strings.Split(choice, "|"), text):
		return mustBe(alternatives(strings.Split(choice, "|")), v)
	}
	if f.tag.Get("kind") == "driver" {
		driver, err := f.driver(text)
		target.SetString(driver)
		return err
	}
	target.SetString(text)
	return nil
}

// readTexts reads a list of texts, or one text with commas.
func readTexts(target reflect.Value, v any) error {
	list, err := texts(v)
	if err == nil {
		target.Set(reflect.ValueOf(list))
	}
	return err
}

func texts(v any) ([]string, error) {
	list := []string{}
	switch v := v.(type) {
	case string:
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
		return list, nil
	case []any:
		for i, item := range v {
			text, ok := item.(string)
			if !ok {
				return nil, fmt.Errorf("must be a list of texts, its element %d is %s", i, describe(item))
			}
			list = append(list, text)
		}
		return list, nil
	}
	return nil, mustBe("a list of texts", v)
}

func (f *field) readFloat(target reflect.Value, v any) error {
	n, err := number(v)
	low, high := f.bounds(math.MaxFloat64)
	if err != nil || math.IsNaN(n) || n < low || n > high {
		return mustBe("a number"+between(low, high), v)
	}
	target.SetFloat(n)
	return nil
}

func (f *field) readWhole(target reflect.Value, v any) error {
	low, high := f.bounds(math.Ldexp(1, min(target.Type().Bits(), 53)) - 1)
	n, err := number(v)
	if err != nil || n != math.Trunc(n) || n < low || n > high {
		return wrongNumber("a whole number"+between(low, high), v)
	}
	target.SetUint(uint64(n))
	return nil
}

func (f *field) readDuration(target reflect.Value, v any) error {
	unit, name := time.Second, "seconds"
	if f.tag.Get("unit") == "ms" {
		unit, name = time.Millisecond, "milliseconds"
	}
	low, high := f.bounds(float64(math.MaxInt64 / int64(unit)))
	n, err := number(v)
	if err != nil || n != math.Trunc(n) || n < low || n > high {
		return wrongNumber("a whole number of "+name+between(low, high), v)
	}
	target.SetInt(int64(n) * int64(unit))
	return nil
}
