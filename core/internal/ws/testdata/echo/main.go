// Echo is package ws as it is used by the server, with an owner that sends every
// message back: what suites of cases for WebSocket servers want to talk to. It
// prints its address and ends with its standard input.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/ws"
)

// largest is the size of the largest message of the cases.
const largest = 16 << 20

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := ws.NewServer(ws.Options{
		Prefixes: []string{"/"}, MaxMessage: largest, Linger: 5 * time.Second, HeaderTimeout: 10 * time.Second,
		Handler: echoes{}, HTTP: http.NotFoundHandler(), Logger: hclog.NewNullLogger(),
	})
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	fmt.Println(l.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = server.Shutdown(ctx) // connections that are left are cut by the end
	return <-served
}

// echoes gives every connection an echo.
type echoes struct{}

func (echoes) Refuse(*http.Request, net.Addr, http.Header) int { return 0 }
func (echoes) Open(c *ws.Conn, _ *http.Request)                { c.Own(echo{c}) }

type echo struct{ c *ws.Conn }

func (e echo) Frame(m ws.Message) {
	const opcodes, binary = 0x0f, 2
	b := frame.AppendText(nil, m.Bytes())
	if !m.Text() {
		b[0] = b[0]&^opcodes | binary
	}
	e.c.Send(b)
	m.Close()
}

func (echo) Alive()      {}
func (echo) Gone()       {}
func (e echo) Overflow() { e.c.Kill() }
