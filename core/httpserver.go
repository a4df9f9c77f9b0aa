package core

import (
	"net/http"
	"time"

	"github.com/hashicorp/go-hclog"
)

// requestTimeout is how long a whole request may take to arrive; its answer may
// take as long again.
const requestTimeout = time.Minute

// boundedServer serves requests none of which can last for ever. What it has to
// say is about single clients.
func boundedServer(h http.Handler, log hclog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      2 * requestTimeout,
		IdleTimeout:       2 * requestTimeout,
		ErrorLog:          log.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}),
	}
}
