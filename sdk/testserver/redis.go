package testserver

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Redis is a Redis server.
type Redis struct {
	*Process
	// Addr is host:port; Port the port alone.
	Addr string
	Port int
	// Dir holds its data; what a test needs beside the server may go there too.
	Dir string

	tls *tls.Config // nil: it speaks without
}

// StartRedis starts a Redis that keeps nothing on disk. settings are added to
// its configuration, a line each, such as "requirepass secret".
func StartRedis(tb TB, settings ...string) *Redis {
	tb.Helper()
	r := &Redis{Port: Port(tb), Dir: Dir(tb, "")}
	r.Addr = address(r.Port)
	r.Process = startRedis(tb, r, []string{fmt.Sprint("port ", r.Port), `save ""`, "appendonly no"}, settings)
	return r
}

// StartRedisTLS is StartRedis with TLS alone. If mutual, clients need a
// certificate of the same authority.
func StartRedisTLS(tb TB, certs *Certificates, mutual bool, settings ...string) *Redis {
	tb.Helper()
	r := newRedisTLS(tb, certs)
	lines := append(certs.lines(r.Port, mutual), `save ""`, "appendonly no")
	r.Process = startRedis(tb, r, lines, settings)
	return r
}

func newRedisTLS(tb TB, certs *Certificates) *Redis {
	tb.Helper()
	r := &Redis{Port: Port(tb), Dir: Dir(tb, "")}
	r.Addr = address(r.Port)
	var err error
	if r.tls, err = certs.client(); err != nil {
		tb.Fatalf("start Redis: %v", err)
	}
	return r
}

// lines are the settings of a server with TLS alone.
func (c *Certificates) lines(port int, mutual bool) []string {
	clients := "no"
	if mutual {
		clients = "yes"
	}
	return []string{
		"port 0", fmt.Sprint("tls-port ", port), "tls-cert-file " + c.ServerCert, "tls-key-file " + c.ServerKey,
		"tls-ca-cert-file " + c.CA, "tls-auth-clients " + clients, "tls-replication yes",
	}
}

func startRedis(tb TB, r *Redis, lines, settings []string, args ...string) *Process {
	tb.Helper()
	path, err := program("redis-server")
	if err != nil {
		tb.Fatalf("start Redis: %v", err)
		return nil
	}
	file := filepath.Join(r.Dir, "redis.conf")
	lines = append([]string{"bind 127.0.0.1", "daemonize no", "dir " + r.Dir}, append(lines, settings...)...)
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		tb.Fatalf("start Redis: %v", err)
		return nil
	}
	return Start(tb, Command{
		Name: "Redis", Path: path, Args: append([]string{file}, args...), Dir: r.Dir,
		Ready: func(ctx context.Context) error { return r.answers(ctx) },
	})
}

// answers reports whether a Redis takes commands. One that wants a password
// answers in its way, and that counts.
func (r *Redis) answers(ctx context.Context) error {
	answer, err := r.ask(ctx, "PING")
	switch {
	case err != nil:
		return err
	case strings.HasPrefix(answer, "-LOADING"):
		return errors.New(answer)
	}
	return nil
}

// ask sends one command over a connection of its own and returns the first line
// of the answer, or all lines of an answer that is one text.
func (r *Redis) ask(ctx context.Context, words ...string) (string, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", r.Addr)
	if err == nil && r.tls != nil {
		config := r.tls.Clone()
		config.ServerName = "127.0.0.1"
		c = tls.Client(c, config)
	}
	if err != nil {
		return "", err
	}
	return converse(ctx, c, words)
}

func converse(ctx context.Context, c net.Conn, words []string) (string, error) {
	defer func() { _ = c.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(deadline)
	}
	if _, err := fmt.Fprintf(c, "%s\r\n", strings.Join(words, " ")); err != nil {
		return "", err
	}
	r := bufio.NewReader(c)
	line, err := r.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimSpace(line)
	size, err := strconv.Atoi(strings.TrimPrefix(line, "$"))
	if !strings.HasPrefix(line, "$") || err != nil || size < 0 {
		return line, nil
	}
	text := make([]byte, size)
	for read := 0; read < size; {
		n, err := r.Read(text[read:])
		if err != nil {
			return "", err
		}
		read += n
	}
	return string(text), nil
}
