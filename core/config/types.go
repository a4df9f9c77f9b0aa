package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// FileMode is the permission bits of a file, at most 0777.
type FileMode uint32

// String returns the octal digits, without a leading 0.
func (m FileMode) String() string { return strconv.FormatUint(uint64(m), 8) }

// read takes octal digits. A number above 511, which no mode reaches, is one
// whose decimal digits are meant as octal: 660 is 0660. Smaller numbers were
// written in octal, as TOML and YAML allow.
func (m *FileMode) read(v any) error {
	digits := fmt.Sprint(v)
	if n, err := number(v); err == nil && n == math.Trunc(n) && n >= 0 && n < 1<<16 {
		digits = strconv.Itoa(int(n))
		if _, isText := v.(string); !isText && n <= 0o777 {
			digits = strconv.FormatInt(int64(n), 8)
		}
	}
	mode, err := strconv.ParseUint(strings.TrimPrefix(digits, "0o"), 8, 32)
	if err != nil || mode > 0o777 {
		return mustBe("octal digits such as 660", v)
	}
	*m = FileMode(mode)
	return nil
}

// Threads is a number of threads, or auto.
type Threads string

func (t *Threads) read(v any) error {
	n, err := number(v)
	switch {
	case v == "auto":
		*t = "auto"
	case err == nil && n == math.Trunc(n) && n >= 1 && n <= math.MaxUint16:
		*t = Threads(strconv.Itoa(int(n)))
	default:
		return mustBe("auto or a whole number, at least 1", v)
	}
	return nil
}

// OpenObject is a table with any keys, as written. It does not show itself when
// printed, for it may hold secrets.
type OpenObject map[string]any

// String returns "" for an empty table, else a stand-in.
func (o OpenObject) String() string {
	if len(o) == 0 {
		return ""
	}
	return "[redacted]"
}

// GoString is String.
func (o OpenObject) GoString() string { return o.String() }

func (o *OpenObject) read(v any) error {
	table, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("must be a table of keys, is %s", kindOf(v))
	}
	*o = table
	return nil
}

// RawApps are apps as written. They do not show themselves when printed.
type RawApps []any

// String returns how many there are.
func (a RawApps) String() string {
	if len(a) == 0 {
		return ""
	}
	return fmt.Sprintf("%d app%s [redacted]", len(a), plural(len(a)))
}

// GoString is String.
func (a RawApps) GoString() string { return a.String() }

func (a *RawApps) read(v any) error {
	list, ok := v.([]any)
	if !ok {
		return fmt.Errorf("must be a list of apps, is %s", kindOf(v))
	}
	*a = list
	return nil
}
