package lastevent

import (
	"context"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// missWindow is the time within which misses of one channel are one, on all nodes.
const missWindow = time.Second

// missCalls is how many misses ask the cache at the same time.
const missCalls = 64

// Once returns a function that passes misses on to tell, but of those that
// several nodes have of one channel within a second only one: the first to write
// a mark into the cache they share. A cache that is away, or busy, decides
// nothing, and the miss is told. wanted says whether tell wants to know of an
// app's misses at all. It returns at once.
func Once(cache contract.Cache, timeout time.Duration, wanted func(appID string) bool, tell func(appID, channel string)) func(appID, channel string) {
	slots := make(chan struct{}, missCalls)
	return func(appID, channel string) {
		if !wanted(appID) {
			return
		}
		select {
		case slots <- struct{}{}:
		default:
			tell(appID, channel)
			return
		}
		go func() {
			defer func() { <-slots }()
			ctx, cancel := context.WithTimeout(context.Background(), timeout)
			defer cancel()
			first, err := cache.Set(ctx, "miss:"+appID+":"+channel, []byte{'1'}, contract.SetOptions{TTL: missWindow, IfAbsent: true})
			if first || err != nil {
				tell(appID, channel)
			}
		}()
	}
}
