package replica

import (
	"hash/fnv"
	"strconv"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// AnnouncementKind says what came or went.
type AnnouncementKind uint8

// The kinds of announcements.
const (
	Occupied AnnouncementKind = iota + 1
	Vacated
	MemberAdded
	MemberRemoved
	SignedIn
	SignedOut
	// Subscribed tells a new number of subscriptions.
	Subscribed
)

// Announcement is what the back end of an app is told of a transition. Only the
// leader of the cell makes it, and every leader makes the same of one log.
type Announcement struct {
	// ID is the transition's: whoever announces it, and however often.
	ID   string
	Kind AnnouncementKind
	// App and Channel name the channel; for SignedIn and SignedOut it is that of
	// the user.
	App, Channel, User string
	Count              uint32
	Time               time.Time
	// Cell and Term say whom to tell that it was handed over, see Cell.HandedOver.
	Cell uint32
	Term uint64
	// Cursor is where the next leader may begin once this one, and all before it,
	// were handed over.
	Cursor contract.Position
}

// fact is what comes and goes.
type fact struct{ app, channel, user string }

// idOf is the id of the transition at a place of the log.
func idOf(cell uint32, at contract.Position) string {
	return strconv.FormatUint(at.Epoch, 10) + "-" + strconv.FormatUint(uint64(cell), 10) + "-" + strconv.FormatUint(at.Seq, 10)
}

// lostID is the id of what went because an epoch was lost, which stands in no log.
func lostID(cell uint32, epoch uint64, f fact) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(f.app + "\x00" + f.channel + "\x00" + f.user))
	return idOf(cell, contract.Position{Epoch: epoch}) + "-" + strconv.FormatUint(h.Sum64(), 36)
}
