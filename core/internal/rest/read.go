package rest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

const presencePrefix = "presence-"

func (s *Server) listChannels(c *call) ([]byte, error) {
	query, err := c.query()
	if err != nil {
		return nil, err
	}
	prefix := query.Get("filter_by_prefix")
	asked, err := pusher.ParseInfo(query.Get("info"), pusher.InfoUserCount|pusher.InfoSubscriptionCount)
	if err != nil {
		return nil, err
	}
	if asked.Has(pusher.InfoUserCount) && !strings.HasPrefix(prefix, presencePrefix) {
		return nil, badRequest(`info attribute "user_count" needs a filter_by_prefix that begins with "presence-"`)
	}
	if err := s.limitRead(c); err != nil {
		return nil, err
	}
	found := s.opts.Occupancy.Channels(c.app.Record.ID, prefix)
	slices.SortFunc(found, func(a, b hub.ChannelInfo) int { return strings.Compare(a.Name, b.Name) })
	out := append(c.scratch.out, `{"channels":{`...)
	for i, known := range found {
		if i > 0 {
			out = append(out, ',')
		}
		ch, _ := pusher.ParseChannel(known.Name, 0)
		out = appendName(out, known.Name)
		out = append(appendCounts(append(out, '{'), ch, known, asked), '}')
	}
	c.scratch.out = append(out, '}', '}')
	return c.scratch.out, nil
}

func (s *Server) showChannel(c *call) ([]byte, error) {
	ch, err := c.channel()
	if err != nil {
		return nil, err
	}
	query, err := c.query()
	if err != nil {
		return nil, err
	}
	asked, err := pusher.ParseInfo(query.Get("info"), infoOf(ch))
	if err != nil {
		return nil, err
	}
	if err := s.limitRead(c); err != nil {
		return nil, err
	}
	known, occupied := s.opts.Occupancy.Channel(c.app.Record.ID, ch.Name)
	out := append(c.scratch.out, `{"occupied":`...)
	out = strconv.AppendBool(out, occupied)
	if occupied && asked.Has(pusher.InfoUserCount) {
		out = appendCount(append(out, ','), "user_count", known.Users)
	}
	if occupied && asked.Has(pusher.InfoSubscriptionCount) {
		out = appendCount(append(out, ','), "subscription_count", known.Subscriptions)
	}
	if asked.Has(pusher.InfoCache) {
		if out, err = s.appendCached(append(out, ','), c, ch); err != nil {
			return nil, err
		}
	}
	c.scratch.out = append(out, '}')
	return c.scratch.out, nil
}

// infoOf returns the attributes that exist for a channel.
func infoOf(ch pusher.Channel) pusher.Info {
	info := pusher.InfoSubscriptionCount
	if ch.Class == pusher.Presence {
		info |= pusher.InfoUserCount
	}
	if ch.Cache {
		info |= pusher.InfoCache
	}
	return info
}

func (s *Server) appendCached(dst []byte, c *call, ch pusher.Channel) ([]byte, error) {
	if s.opts.Cache == nil {
		return append(dst, `"cache":null`...), nil
	}
	data, ttl, ok, err := s.opts.Cache.Cached(c.r.Context(), c.app.Record.ID, ch.Name)
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return append(dst, `"cache":null`...), nil
	}
	dst = append(dst, `"cache":{"data":`...)
	dst = append(dst, data...)
	dst = append(dst, ',')
	return append(appendCount(dst, "ttl", int((ttl+time.Second-1)/time.Second)), '}'), nil
}

func (s *Server) listUsers(c *call) ([]byte, error) {
	ch, err := c.channel()
	if err != nil {
		return nil, err
	}
	if ch.Class != pusher.Presence {
		return nil, badRequest("only presence channels have users")
	}
	if err := s.limitRead(c); err != nil {
		return nil, err
	}
	out := append(c.scratch.out, `{"users":[`...)
	for i, id := range s.opts.Occupancy.Users(c.app.Record.ID, ch.Name) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendQuoted(append(out, `{"id":`...), id), '}')
	}
	c.scratch.out = append(out, ']', '}')
	return c.scratch.out, nil
}

// query reads the parameters. That no name comes twice was seen with the signature.
func (c *call) query() (url.Values, error) {
	query, err := url.ParseQuery(c.rawQuery)
	if err != nil {
		return nil, badRequest("query is malformed")
	}
	return query, nil
}

func badRequest(message string) error {
	return &pusher.Failure{Status: http.StatusBadRequest, Slug: pusher.SlugInvalid, Message: message}
}
