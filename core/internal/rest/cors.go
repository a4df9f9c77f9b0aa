package rest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/jackfield/jackfield/core/internal/apps"
)

// corsRules are the CORS settings, ready to apply.
type corsRules struct {
	on, anyone, credentials bool
	origins                 apps.Origins
	methods, headers        string
}

func newCORSRules(c CORS) corsRules {
	anyone := slices.Contains(c.Origins, "*") || slices.Contains(c.Origins, "any")
	return corsRules{
		on:          len(c.Origins) > 0,
		anyone:      anyone,
		credentials: c.Credentials && !anyone,
		origins:     apps.NewOrigins(c.Origins, false),
		methods:     strings.Join(c.Methods, ", "),
		headers:     strings.Join(c.Headers, ", "),
	}
}

// apply sets the headers for a request of a browser and reports whether it was a
// preflight, which is answered then.
func (c *corsRules) apply(w http.ResponseWriter, r *http.Request) (answered bool) {
	origin := r.Header.Get("Origin")
	if !c.on || origin == "" {
		return false
	}
	h := w.Header()
	if !c.anyone {
		h.Add("Vary", "Origin")
	}
	allowed := c.anyone || c.origins.Allow(origin)
	if allowed {
		c.allow(h, origin)
	}
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	if allowed {
		h.Set("Access-Control-Allow-Methods", c.methods)
		h.Set("Access-Control-Allow-Headers", c.headers)
	}
	w.WriteHeader(http.StatusNoContent)
	return true
}

func (c *corsRules) allow(h http.Header, origin string) {
	if c.anyone {
		origin = "*"
	}
	h.Set("Access-Control-Allow-Origin", origin)
	if c.credentials {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
}
