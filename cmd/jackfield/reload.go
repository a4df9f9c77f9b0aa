package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/core/config"
)

// reloads reads src anew at each SIGHUP until ctx ends, and hands over what is
// right in all its parts. Of what is wrong the log tells everything.
func reloads(ctx context.Context, src config.Source, log hclog.Logger) <-chan *config.Config {
	hangUps := make(chan os.Signal, 1)
	signal.Notify(hangUps, syscall.SIGHUP)
	out := make(chan *config.Config)
	go func() {
		defer signal.Stop(hangUps)
		for {
			select {
			case <-hangUps:
			case <-ctx.Done():
				return
			}
			cfg, notices, err := config.Load(src)
			tell(log, notices)
			if err != nil {
				log.Error("the configuration is not reloaded, nothing has changed", "err", err)
				continue
			}
			select {
			case out <- cfg:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}
