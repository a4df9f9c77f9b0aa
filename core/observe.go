package core

import (
	"time"

	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/core/internal/session"
)

// counted passes on to the counters of an app what the hub's workers did for it.
type counted struct {
	app  *metrics.AppCounters
	lags []*metrics.Histogram
}

func (s *server) counters(appID string) hub.Counters {
	return counted{s.metrics.App(appID), s.lags}
}

// Delivered adds to the app's counters.
func (c counted) Delivered(_, frames, bytes int) {
	c.app.WSMessagesSent.Add(uint64(frames))
	c.app.SocketTransmittedBytes.Add(uint64(bytes))
}

// Lag adds to the histogram of the shard, which its worker alone writes.
func (c counted) Lag(shard int, lag time.Duration) { c.lags[shard].Observe(lag) }

// Broadcast adds to the app's histogram.
func (c counted) Broadcast(channel pusher.Channel, subscribers int, took time.Duration) {
	c.app.ObserveBroadcast(session.ChannelType(channel), subscribers, took)
}

// tables shows what is alive to the metrics.
type tables struct {
	hub      *hub.Hub
	sessions *session.Server
}

// EachApp gives the live numbers of each app.
func (t tables) EachApp(yield func(appID string, g metrics.AppGauges)) {
	parked := t.sessions.Parked()
	t.hub.Totals(func(appID string, total hub.Total) {
		g := metrics.AppGauges{
			Connected: total.Connections, PresenceMembers: total.Members,
			LogBytes: int64(total.LogBytes), ParkedBytes: parked[appID],
		}
		for i := range g.ActiveChannels {
			g.ActiveChannels[i] = total.Channels[metrics.ChannelType(i).String()]
		}
		yield(appID, g)
	})
}
