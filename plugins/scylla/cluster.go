package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk/contract"
)

const (
	protocol        = 4 // of CQL; both ScyllaDB and Cassandra speak it
	connectLeast    = 1500 * time.Millisecond
	connectMost     = 10 * time.Second
	callWithin      = 10 * time.Second
	agreeWithin     = 3 * time.Second
	reconnectEvery  = 2 * time.Second
	secondTryAfter  = 400 * time.Millisecond
	connectsPerNode = 2
)

// cluster returns how to reach the nodes, each within a time. The error is
// contract.OptionErrors.
func (o *options) cluster(within time.Duration, log hclog.Logger) (*gocql.ClusterConfig, error) {
	security, err := o.tlsConfig()
	if err != nil {
		return nil, err
	}
	var hosts []string
	for _, node := range o.Nodes {
		host, port, err := splitNode(node)
		if err != nil {
			return nil, err
		}
		hosts = append(hosts, fmt.Sprintf("%s:%d", bracketed(host), port))
	}
	cfg := gocql.NewCluster(hosts...)
	_, cfg.Port, _ = splitNode(o.Nodes[0])
	cfg.ProtoVersion, cfg.NumConns = protocol, connectsPerNode
	cfg.Timeout, cfg.WriteTimeout, cfg.ConnectTimeout = callWithin, within, within
	cfg.MaxWaitSchemaAgreement, cfg.ReconnectInterval = agreeWithin, reconnectEvery
	cfg.Consistency, cfg.SerialConsistency = consistencies[o.Consistency], gocql.Serial
	cfg.ReconnectionPolicy = &gocql.ConstantReconnectionPolicy{MaxRetries: 1, Interval: time.Millisecond}
	cfg.Metadata.CacheMode = gocql.KeyspaceOnly
	cfg.RetryPolicy = nextNode{}
	cfg.Logger = quiet{log}
	cfg.PoolConfig.HostSelectionPolicy = gocql.TokenAwareHostPolicy(o.nearest(), gocql.ShuffleReplicas())
	cfg.Authenticator = o.authenticator()
	if security != nil {
		cfg.SslOpts = &gocql.SslOptions{Config: security, EnableHostVerification: o.SSLMode == sslVerifyFull}
	}
	return cfg, nil
}

func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

func (o *options) nearest() gocql.HostSelectionPolicy {
	if o.LocalDatacenter != "" {
		return gocql.DCAwareRoundRobinPolicy(o.LocalDatacenter)
	}
	return gocql.RoundRobinHostPolicy()
}

func (o *options) authenticator() gocql.Authenticator {
	if o.Username == "" {
		return nobody{}
	}
	return gocql.PasswordAuthenticator{Username: o.Username, Password: o.Password.Reveal()}
}

var errNoUser = errors.New("the node wants a user")

// nobody cannot say who he is when asked.
type nobody struct{}

func (nobody) Challenge([]byte) ([]byte, gocql.Authenticator, error) { return nil, nil, errNoUser }
func (nobody) Success([]byte) error                                  { return nil }

// connect returns a session. Whoever gets none learns why from what each node said.
func connect(ctx context.Context, o *options, log hclog.Logger) (*gocql.Session, error) {
	within := o.share(ctx)
	cfg, err := o.cluster(within, log)
	if err != nil {
		return nil, err
	}
	entry := &entry{ctx: ctx, dialer: net.Dialer{Timeout: within}}
	cfg.ConnectObserver, cfg.Dialer = entry, entry
	stop := context.AfterFunc(ctx, entry.abort)
	defer stop()
	session, err := cfg.CreateSession()
	if err != nil {
		return nil, o.explain(entry.reason(err))
	}
	entry.passed()
	return session, o.checkDatacenter(session)
}

// share divides the time that there is among the nodes, for the first ones may
// not answer.
func (o *options) share(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return connectMost
	}
	return min(max(time.Until(deadline)/time.Duration(len(o.Nodes)), connectLeast), connectMost)
}

// checkDatacenter closes the session if no node is in the data centre of the options.
func (o *options) checkDatacenter(session *gocql.Session) error {
	var found []string
	for _, host := range session.GetHosts() {
		found = append(found, host.DataCenter())
	}
	if o.LocalDatacenter == "" || slices.Contains(found, o.LocalDatacenter) {
		return nil
	}
	session.Close()
	slices.Sort(found)
	return contract.OptionErrors{{Path: "local_datacenter", Problem: fmt.Sprintf(
		"no node is in %q; there are: %s", o.LocalDatacenter, strings.Join(slices.Compact(found), ", "))}}
}

// explain says why there is no session.
func (o *options) explain(err error) error {
	nodes := strings.Join(o.Nodes, ", ")
	if errors.Is(err, errNoUser) {
		return fmt.Errorf("%w: database.scylladb.username: %s want a user and a password; set username and password", contract.ErrAuth, nodes)
	}
	if refusal, ok := errors.AsType[gocql.RequestError](err); ok && refusal.Code() == gocql.ErrCodeCredentials {
		return fmt.Errorf("%w: database.scylladb.username: %s refuse %q and this password; correct username and password: %s", contract.ErrAuth, nodes, o.Username, refusal.Message())
	}
	if text := explainTLS(err); text != "" {
		return fmt.Errorf("%w: %s: %v", contract.ErrUnavailable, text, err)
	}
	hint := "correct nodes or start what is there"
	switch {
	case o.SSLMode == sslDisable:
		hint += "; if it wants TLS, set ssl_mode"
	case o.SSLCert == "":
		hint += "; if it wants a certificate of ours, set ssl_cert and ssl_key"
	}
	return fmt.Errorf("%w: database.scylladb.nodes: %s cannot be reached; %s: %w", contract.ErrUnavailable, nodes, hint, err)
}

// nextNode has a look-up that failed repeated once, at another node.
type nextNode struct{}

func (nextNode) Attempt(q gocql.RetryableQuery) bool { return q.Attempts() <= 1 }

func (nextNode) GetRetryType(err error) gocql.RetryType {
	refusal, ok := errors.AsType[gocql.RequestError](err)
	switch {
	case !ok, refusal.Code() < gocql.ErrCodeSyntax, refusal.Code() == gocql.ErrCodeUnprepared:
		return gocql.RetryNextHost
	case refusal.Code() == gocql.ErrCodeInvalid:
		return gocql.RetryNextHost // one node may not have heard of table or index yet
	}
	return gocql.Rethrow // the next node will say the same
}

// quiet takes what gocql has to say about its connections, which is for developers.
type quiet struct{ log hclog.Logger }

func (q quiet) Error(msg string, fields ...gocql.LogField)   { q.Debug(msg, fields...) }
func (q quiet) Warning(msg string, fields ...gocql.LogField) { q.Debug(msg, fields...) }
func (q quiet) Info(msg string, fields ...gocql.LogField)    { q.Debug(msg, fields...) }

func (q quiet) Debug(msg string, fields ...gocql.LogField) {
	if !q.log.IsDebug() {
		return
	}
	args := make([]any, 0, 2*len(fields))
	for _, f := range fields {
		args = append(args, f.Name, f.Value.String())
	}
	q.log.Debug("gocql: "+msg, args...)
}
