package plugin

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/wire"
)

// launcher starts plugins and connects to them.
type launcher struct {
	runDir *runDir
	lock   *lock
	logger hclog.Logger
	clock  Clock
}

// launch brings a unit's plugin up until it has described itself. On an error
// nothing is left behind. Errors begin with the plugin's name.
func (l *launcher) launch(ctx context.Context, u *unit) (*process, error) {
	ctx, cancel := context.WithTimeout(ctx, launchTimeout)
	defer cancel()
	start := l.spawn
	if u.path == "" {
		start = l.attach
	}
	p, err := start(ctx, u)
	if err == nil {
		err = p.describe(ctx)
	}
	if err == nil {
		p.adoptLogLevel(ctx, l.logger.GetLevel())
		return p, nil
	}
	if p != nil {
		err = p.explain(err)
		p.destroy()
		if u.path == "" {
			err = fmt.Errorf("%w; is the program running that plugins.%s.address (%s) names?", err, u.plugin, u.config.Address)
		}
	}
	return nil, fmt.Errorf("plugin %q: %w", u.name, err)
}

func (l *launcher) attach(_ context.Context, u *unit) (*process, error) {
	target, err := parseAddress(u.plugin, u.config)
	if err != nil {
		return nil, err
	}
	conn, err := dialAttached(target)
	if err != nil {
		return nil, err
	}
	p := newProcess()
	p.conn, p.life = conn, wire.NewLifecycle(conn)
	return p, nil
}

func (l *launcher) spawn(ctx context.Context, u *unit) (*process, error) {
	locked, err := l.lock.checksumOf(u.plugin)
	if err != nil {
		return nil, err
	}
	prog, err := openProgram(u.path, locked, u.config.SHA256)
	if err != nil {
		return nil, err
	}
	defer prog.close()
	dir, err := l.runDir.instance()
	if err != nil {
		return nil, err
	}
	p := newProcess()
	p.remove = func() { _ = os.RemoveAll(dir) }
	mtls := u.config.TransportSecurity == securityAutoMTLS
	p.child = newChild(prog, dir, newToken(), wire.ProtocolMajor, mtls, newLogBridge(l.logger.Named(u.name), l.clock))
	p.client = goplugin.NewClient(p.child.clientConfig(pluginEnv(os.Environ(), u.plugin, u.config.Env)))
	return p, p.connect(ctx)
}

func newToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// clientConfig is how go-plugin is used: for the handshake and the connection only.
func (c *child) clientConfig(env []string) *goplugin.ClientConfig {
	return &goplugin.ClientConfig{
		HandshakeConfig:  goplugin.HandshakeConfig(wire.Handshake),
		Plugins:          goplugin.PluginSet{wire.PluginName: noPlugin{}},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		RunnerFunc: func(_ hclog.Logger, cmd *exec.Cmd, _ string) (runner.Runner, error) {
			c.env = append(env, cmd.Env...)
			return c, nil
		},
		SkipHostEnv:      true,
		AutoMTLS:         c.tls,
		UnixSocketConfig: &goplugin.UnixSocketConfig{TempDir: c.dir},
		StartTimeout:     launchTimeout,
		GRPCDialOptions:  append(wire.DialOptions(c.token), grpc.WithContextDialer(c.dialChild)),
		Logger:           hclog.NewNullLogger(),
		SyncStdout:       &lineWriter{line: c.logs.stray},
		SyncStderr:       c.logs.writer(),
	}
}

// noPlugin stands in go-plugin's set: we use the connection itself.
type noPlugin struct {
	goplugin.NetRPCUnsupportedPlugin
}

// connect starts the child and connects to it. go-plugin's call may block on a
// hung process, so it runs beside: when ctx ends the process is killed, which
// ends the call too.
func (p *process) connect(ctx context.Context) error {
	type result struct {
		client goplugin.ClientProtocol
		err    error
	}
	done := make(chan result, 1)
	go func() {
		client, err := p.client.Client()
		done <- result{client, err}
	}()
	select {
	case r := <-done:
		return p.connected(r.client, r.err)
	case <-ctx.Done():
		_ = p.child.Kill(context.Background())
		return fmt.Errorf("it did not complete the handshake in time: %w", ctx.Err())
	}
}

func (p *process) connected(client goplugin.ClientProtocol, err error) error {
	if err != nil {
		return err
	}
	c, ok := client.(*goplugin.GRPCClient)
	if !ok {
		return fmt.Errorf("its connection is no gRPC connection but %T", client)
	}
	p.conn, p.life = c.Conn, wire.NewLifecycle(c.Conn)
	return nil
}

// describe asks the plugin what it is.
func (p *process) describe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, describeTimeout)
	defer cancel()
	d, err := p.life.Describe(ctx)
	if err != nil {
		return fmt.Errorf("describe: %w", err)
	}
	p.description = d
	return nil
}

// adoptLogLevel keeps a child from sending lines that nobody reads. A plugin
// that cannot change its level stays as it is.
func (p *process) adoptLogLevel(ctx context.Context, level hclog.Level) {
	if p.child == nil || level == hclog.NoLevel {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, describeTimeout)
	defer cancel()
	_ = p.life.SetLogLevel(ctx, level.String())
}

// explain says what people need to know about a failed start: the rule that
// was broken, how the process ended, and what it last wrote.
func (p *process) explain(err error) error {
	if p.child == nil || p.child.pid() == 0 {
		return err
	}
	late := errors.Is(err, context.DeadlineExceeded)
	if waitFor(p.child.shake.done, lifelineTimeout) {
		if broken := p.child.shake.err; broken != nil && !(late && errors.Is(broken, errNoHandshake)) {
			err = broken
		}
	}
	p.kill()
	if !waitFor(p.child.exited, killTimeout) {
		return err
	}
	if p.child.ownEnd() {
		err = fmt.Errorf("%w (%s)", err, p.child.fate())
	}
	if said := p.child.logs.postMortem(); said != "" {
		err = fmt.Errorf("%w; its last lines:\n  %s", err, strings.ReplaceAll(said, "\n", "\n  "))
	}
	return err
}

// list joins names for a sentence.
func list(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}
