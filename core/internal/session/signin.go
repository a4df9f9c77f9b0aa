package session

import (
	"bytes"
	"fmt"

	"github.com/jackfield/jackfield/core/internal/apps"
	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/core/internal/watchlist"
)

// maxWatchlist is how many users one connection may watch.
const maxWatchlist = 100

// user is who a connection has signed in as.
type user struct {
	pusher.SignedUser
	member  *hub.Membership    // in the channel of the user
	watcher *watchlist.Watcher // nil without a watchlist
}

// signin answers "pusher:signin" with success or an error frame; a failure ends
// nothing. A connection stays the user that it first was.
func (s *Session) signin(data []byte) {
	in, err := pusher.ParseSignin(data)
	if err != nil {
		s.complain(pusher.AsError(err))
		return
	}
	app := s.app.Load()
	who, err := s.identify(app, in)
	if err != nil {
		s.counters.AuthFailures[metrics.SurfaceSignin].Add(1)
		s.complain(pusher.AsError(err))
		return
	}
	if !s.authorized() {
		return
	}
	s.deadline.signin = 0
	success := pusher.AppendSigninSuccess(nil, in.UserData)
	if s.user != nil {
		s.say(success)
		return
	}
	who.Info = bytes.Clone(who.Info) // outlives the message
	s.reserve(pusher.UserChannel(who.ID), nil, 0, func(error) {
		s.user = &user{SignedUser: who, member: s.sub.SignIn(who.ID)}
		s.say(success)
		if app.Record.Features.WatchlistEvents {
			s.watch()
		}
	})
}

// identify returns whom the back end has signed.
func (s *Session) identify(app *apps.App, in pusher.Signin) (pusher.SignedUser, error) {
	if err := pusher.VerifySignin(app.Signers, app.Record.Key, s.sub.ID, in); err != nil {
		return pusher.SignedUser{}, err
	}
	who, err := pusher.ParseUser(in.UserData, maxWatchlist)
	if err == nil && s.user != nil && s.user.ID != who.ID {
		err = &pusher.Error{Code: pusher.CodeUnauthorized, Message: "This connection is signed in as another user already"}
	}
	return who, err
}

// watch begins to tell the client of the users in its watchlist.
func (s *Session) watch() {
	u, sub := s.user, s.sub
	if u.WatchlistCut {
		s.complain(&pusher.Error{
			Code:    pusher.CodeWatchlist,
			Message: fmt.Sprintf("Watchlist limit exceeded: only the first %d users are watched", maxWatchlist),
		})
	}
	if len(u.Watchlist) == 0 {
		return
	}
	u.watcher = s.server.opts.Watchlist.Watch(s.tenant.ID, u.Watchlist, func(online, offline []string) {
		sub.Direct(frame.AppendText(nil, pusher.AppendWatchlistEvents(nil, online, offline)))
	})
	u.Watchlist = nil
}

// signOut ends what signing in began.
func (s *Session) signOut() {
	if s.user == nil {
		return
	}
	if s.user.watcher != nil {
		s.user.watcher.Close()
	}
	s.user.member.Leave()
}

// userID returns who signed in, "" if nobody did.
func (s *Session) userID() string {
	if s.user == nil {
		return ""
	}
	return s.user.ID
}

// asMember returns the user as a member of presence channels.
func (u *user) asMember(maxInfo int) (*pusher.Member, error) {
	if maxInfo > 0 && len(u.Info) > maxInfo {
		return nil, limitReached(413, fmt.Sprintf("user_info has %d bytes, the limit is %d", len(u.Info), maxInfo))
	}
	return &pusher.Member{UserID: u.ID, Info: u.Info}, nil
}

// Terminate closes the connection because the back end wants its user gone.
func (s *Session) Terminate() {
	s.fail(pusher.CodeUnauthorized, "You got disconnected by the app.")
}
