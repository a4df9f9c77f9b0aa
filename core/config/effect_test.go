package config

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// sources returns the text of all Go files below dirs that are not tests.
func sources(t *testing.T, dirs ...string) string {
	t.Helper()
	var all strings.Builder
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			all.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

// goNames maps the paths of all live keys to the names of their fields.
func goNames(v reflect.Value, path string, names map[string]string) {
	for i := range v.NumField() {
		declared := v.Type().Field(i)
		key, isKey := declared.Tag.Lookup("key")
		_, dead := declared.Tag.Lookup("dead")
		switch at := join(path, key); {
		case !isKey || dead:
		case isSection(v.Field(i)):
			goNames(v.Field(i), strings.TrimSuffix(at, "."), names)
		default:
			names[at] = declared.Name
		}
	}
}

// TestEveryLiveKeyIsRead looks for the code that uses each key: a selector in
// the server, or a field of a plugin's options for what is handed to it. A key
// without either is to say that it has no effect.
func TestEveryLiveKeyIsRead(t *testing.T) {
	server, plugins := sources(t, "..", "../../cmd"), sources(t, "../../plugins")
	used := map[string]bool{}
	for _, m := range regexp.MustCompile(`\.([A-Z]\w*)`).FindAllStringSubmatch(server, -1) {
		used[m[1]] = true
	}
	for _, m := range regexp.MustCompile("json:\"(\\w+)[^\"]*\"(?: jsonschema:\"([^\"]*)\")?").FindAllStringSubmatch(plugins, -1) {
		used["json:"+m[1]] = used["json:"+m[1]] || !strings.HasPrefix(m[2], "not used")
	}
	var handed []string // sections whose keys are those of a plugin's options
	for _, m := range regexp.MustCompile(`\.section\("([\w.]+)"\)`).FindAllStringSubmatch(server, -1) {
		handed = append(handed, m[1]+".")
	}
	for _, section := range storeSections {
		handed = append(handed, section+".")
	}
	names := map[string]string{}
	goNames(reflect.ValueOf(new(Config)).Elem(), "", names)
	for path, name := range names {
		use := name
		for _, section := range handed {
			if key, inside := strings.CutPrefix(path, section); inside && !used[name] {
				use = "json:" + strings.Split(key, ".")[0]
			}
		}
		if !used[use] {
			t.Errorf("%s: nothing reads it (%s); use it, or tag it dead and say so in its doc", path, use)
		}
	}
}
