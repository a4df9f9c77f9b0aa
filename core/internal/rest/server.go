package rest

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/jackfield/jackfield/core/internal/apps"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// Server answers HTTP requests. It may be used for any number at once.
type Server struct {
	opts    Options
	cors    corsRules
	scratch sync.Pool           // of *scratch
	room    *semaphore.Weighted // bytes of large bodies
}

var _ http.Handler = (*Server)(nil)

// New makes a Server.
func New(opts Options) *Server {
	if opts.BodyLimit == 0 {
		opts.BodyLimit = defaultBodyLimit
	}
	if opts.CheckTimeout == 0 {
		opts.CheckTimeout = 2 * time.Second
	}
	if opts.Draining == nil {
		opts.Draining = func() bool { return false }
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	opts.PathPrefix = strings.TrimSuffix(opts.PathPrefix, "/")
	return &Server{
		opts:    opts,
		cors:    newCORSRules(opts.CORS),
		scratch: sync.Pool{New: func() any { return new(scratch) }},
		room:    semaphore.NewWeighted(max(largeBodies, 4*opts.BodyLimit)),
	}
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.cors.apply(w, r) {
		return
	}
	rawPath, rawQuery := target(r)
	path, err := splitPath(s.withoutPrefix(rawPath))
	switch {
	case err != nil:
		fail(w, notFound)
	case path.at(0) == "apps":
		s.serveAPI(&call{w: w, r: r, path: path, rawPath: rawPath, rawQuery: rawQuery})
	default:
		s.serveHealth(w, r, path)
	}
}

// withoutPrefix returns the path below the configured prefix, or path if it does
// not lie there.
func (s *Server) withoutPrefix(path string) string {
	if below, ok := strings.CutPrefix(path, s.opts.PathPrefix); ok && strings.HasPrefix(below, "/") {
		return below
	}
	return path
}

// target returns path and query as they were sent, which is what was signed.
func target(r *http.Request) (path, query string) {
	if strings.HasPrefix(r.RequestURI, "/") {
		path, query, _ = strings.Cut(r.RequestURI, "?")
		return path, query
	}
	return r.URL.EscapedPath(), r.URL.RawQuery
}

// path is a path cut into its parts and decoded.
type path struct {
	parts [maxParts]string
	n     int
}

// maxParts is one more than the longest path of the API has, so that longer ones
// are seen to be so.
const maxParts = 6

// at returns part i, "" beyond the end.
func (p *path) at(i int) string { return p.parts[i] }

func splitPath(raw string) (path, error) {
	var p path
	rest, more := strings.TrimPrefix(raw, "/"), true
	for more && p.n < maxParts {
		var part string
		part, rest, more = strings.Cut(rest, "/")
		decoded, err := url.PathUnescape(part)
		if err != nil {
			return path{}, err
		}
		p.parts[p.n] = decoded
		p.n++
	}
	return p, nil
}

// call is one request to /apps.
type call struct {
	w                 http.ResponseWriter
	r                 *http.Request
	path              path
	rawPath, rawQuery string

	app     *apps.App
	scratch *scratch
}

// appID is the id in the path.
func (c *call) appID() string { return c.path.at(1) }

// channel reads the channel name in the path.
func (c *call) channel() (pusher.Channel, error) {
	ch, err := pusher.ParseChannel(c.path.at(3), c.app.Limits.ChannelNameLength)
	if err != nil {
		return ch, &pusher.Failure{Status: http.StatusBadRequest, Slug: pusher.SlugInvalid, Message: err.Error()}
	}
	return ch, nil
}
