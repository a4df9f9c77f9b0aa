package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/core/config"
)

// reloads reads src anew at each SIGHUP until ctx ends, and hands over what is
// right in all its parts. Of what is wrong the log tells everything. wait returns
// when that has ended; from then on SIGHUP ends the process.
func reloads(ctx context.Context, src config.Source, log hclog.Logger) (next <-chan *config.Config, wait func()) {
	hangUps := make(chan os.Signal, 1)
	signal.Notify(hangUps, syscall.SIGHUP)
	out := make(chan *config.Config)
	var wg sync.WaitGroup
	wg.Go(func() {
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
	})
	return out, func() {
		wg.Wait()
		signal.Stop(hangUps) // not before: it would end a server that is stopping
	}
}
