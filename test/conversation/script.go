package conversation

import (
	"encoding/json"
	"fmt"
	"strings"
)

// App is an app that a script speaks to.
type App struct {
	ID, Key, Secret string
}

// Script is a parsed conversation.
type Script struct {
	Name string
	// Apps are the settings of the apps that the script brings along, by name;
	// AppNamed says what their credentials are.
	Apps map[string]map[string]any
	// Server are further settings of the server.
	Server map[string]any

	lines []line
}

type line struct {
	number int
	text   string
}

// AppNamed returns the credentials of an app that a script brings along.
func AppNamed(name string) App {
	return App{ID: name + "-id", Key: name + "-key", Secret: name + "-secret"}
}

// Own reports whether the script needs a server with settings of its own.
func (s *Script) Own() bool { return len(s.Apps) > 0 || len(s.Server) > 0 }

// Parse reads a script.
func Parse(name, text string) (*Script, error) {
	s := &Script{Name: name, Apps: map[string]map[string]any{}}
	for i, raw := range strings.Split(text, "\n") {
		l := line{number: i + 1, text: strings.TrimSpace(raw)}
		if l.text == "" || strings.HasPrefix(l.text, "#") {
			continue
		}
		if err := s.add(l); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, l.number, err)
		}
	}
	return s, nil
}

func (s *Script) add(l line) error {
	verb, rest, _ := strings.Cut(l.text, " ")
	switch verb {
	case "app":
		name, settings, _ := strings.Cut(rest, " ")
		fields := map[string]any{}
		if err := json.Unmarshal([]byte(settings), &fields); err != nil {
			return fmt.Errorf("settings of app %s: %w", name, err)
		}
		s.Apps[name] = fields
	case "server":
		if err := json.Unmarshal([]byte(rest), &s.Server); err != nil {
			return fmt.Errorf("settings of the server: %w", err)
		}
	default:
		s.lines = append(s.lines, l)
	}
	return nil
}
