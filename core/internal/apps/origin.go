package apps

import "strings"

// Origins are patterns of the Origin header of browsers, ready to compare. A
// pattern is
//
//   - "*" or "any": every origin,
//   - "https://example.com": this origin,
//   - "example.com": this host (and port, if it has one) with any scheme,
//   - either of the two with one "*", which stands for any part of a host name:
//     "https://*.example.com".
//
// Case does not matter. The zero value admits all.
type Origins struct {
	patterns []originPattern
	// allowMissing admits clients that send no Origin (not browsers).
	allowMissing bool
}

type originPattern struct {
	any            bool
	hostOnly       bool
	wild           bool
	prefix, suffix string // prefix is the whole if not wild
}

// NewOrigins prepares patterns. No patterns admit all; with some, allowMissing
// says whether clients that send no Origin are admitted.
func NewOrigins(patterns []string, allowMissing bool) Origins {
	o := Origins{allowMissing: allowMissing}
	for _, p := range patterns {
		o.patterns = append(o.patterns, newOriginPattern(p))
	}
	return o
}

func newOriginPattern(text string) originPattern {
	text = strings.ToLower(strings.TrimSpace(text))
	p := originPattern{any: text == "*" || text == "any"}
	p.hostOnly = !strings.Contains(text, "://")
	p.prefix, p.suffix, p.wild = strings.Cut(text, "*")
	return p
}

// Allow reports whether a client with this Origin header, "" for none, is admitted.
func (o Origins) Allow(origin string) bool {
	if len(o.patterns) == 0 {
		return true
	}
	if origin == "" {
		return o.allowMissing
	}
	origin = strings.ToLower(origin)
	for _, p := range o.patterns {
		if p.match(origin) {
			return true
		}
	}
	return false
}

func (p originPattern) match(origin string) bool {
	if p.any {
		return true
	}
	if p.hostOnly {
		if _, host, ok := strings.Cut(origin, "://"); ok {
			origin = host
		}
	}
	if !p.wild {
		return origin == p.prefix
	}
	middle, ok := strings.CutPrefix(origin, p.prefix)
	if !ok {
		return false
	}
	middle, ok = strings.CutSuffix(middle, p.suffix)
	return ok && middle != "" && !strings.ContainsAny(middle, "/@?#\\")
}
