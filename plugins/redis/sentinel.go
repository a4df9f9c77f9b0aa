package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// masterKnownFor is how long an answer of the sentinels is believed, so that
// many connections opened at once ask only once.
const masterKnownFor = 100 * time.Millisecond

// sentinelTimeout bounds the wait for one sentinel.
const sentinelTimeout = time.Second

// sentinels find the master. Unlike go-redis's own, they have TLS and
// credentials of their own on the way to the sentinels.
type sentinels struct {
	name string
	now  func() time.Time

	mu     sync.Mutex // held while asking
	all    []sentinel
	master string
	asked  time.Time
}

type sentinel struct {
	*redis.SentinelClient
	address string
}

func newSentinels(options connectionOptions) (*sentinels, error) {
	config, err := options.SentinelTLS.config()
	if err != nil {
		return nil, err
	}
	s := &sentinels{name: options.MasterName, now: time.Now}
	for _, a := range options.Addresses {
		s.all = append(s.all, sentinel{redis.NewSentinelClient(&redis.Options{
			Addr: a, Username: options.SentinelUsername, Password: options.SentinelPassword.Reveal(),
			Dialer:   dialer(config),
			Protocol: 2, DisableIdentity: true, MaintNotificationsConfig: noMaintenance(),
			MaxRetries: -1, DialerRetries: 1, DialTimeout: sentinelTimeout, ReadTimeout: sentinelTimeout,
			ContextTimeoutEnabled: true, PoolSize: 2, PipelinePoolSize: -1, ConnMaxIdleTime: idleTime,
		}), a})
	}
	return s, nil
}

// dialMaster returns a dialer that goes to whoever is the master now.
func (s *sentinels) dialMaster(config *tls.Config) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		master, err := s.find(ctx)
		if err != nil {
			return nil, &net.OpError{Op: "dial", Net: "sentinel", Err: err}
		}
		return dialer(config)(ctx, "tcp", master)
	}
}

// find returns the address of the master.
func (s *sentinels) find(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.master != "" && s.now().Sub(s.asked) < masterKnownFor {
		return s.master, nil
	}
	master, err := s.askLocked(ctx)
	if err == nil {
		s.master, s.asked = master, s.now()
	}
	return master, err
}

// askLocked asks one sentinel after the other, the one that answered last first.
func (s *sentinels) askLocked(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(len(s.all))*sentinelTimeout)
	defer cancel()
	var errs []error
	for i, one := range s.all {
		master, err := one.masterOf(ctx, s.name)
		if err == nil {
			s.all[0], s.all[i] = s.all[i], s.all[0]
			return master, nil
		}
		errs = append(errs, err)
	}
	return "", errors.Join(errs...)
}

func (s sentinel) masterOf(ctx context.Context, name string) (string, error) {
	reply, err := s.GetMasterAddrByName(ctx, name).Result()
	switch {
	case errors.Is(err, redis.Nil):
		return "", fmt.Errorf("sentinel %s watches no master %q: set database.redis.name", s.address, name)
	case err != nil:
		return "", fmt.Errorf("sentinel %s: %w", s.address, err)
	case len(reply) != 2:
		return "", fmt.Errorf("sentinel %s answered something else than an address", s.address)
	}
	return net.JoinHostPort(reply[0], reply[1]), nil
}

func (s *sentinels) close() error {
	var errs []error
	for _, one := range s.all {
		errs = append(errs, one.Close())
	}
	return errors.Join(errs...)
}
