package replica

import "github.com/jackfield/jackfield/sdk/contract"

// EffectKind says what an Effect tells.
type EffectKind uint8

// The kinds of effects.
const (
	// Shown: a user is now a member of a presence channel. Hidden: no more.
	Shown EffectKind = iota + 1
	Hidden
	// Totalled: a number has changed.
	Totalled
	// Announced: the back end of an app is to be told. Missed: some of what it
	// should have been told stands in no log any more.
	Announced
	Missed
	// Admitted and Refused answer an Enter, or an Admit by its Ticket.
	Admitted
	Refused
)

// Effect is something that others are to be told, in the order of effects.
type Effect struct {
	Kind   EffectKind
	Key    contract.StateKey
	User   string
	Info   []byte
	Total  uint32
	Ticket any

	Announcement *Announcement
}

// CommandKind says what is to be called.
type CommandKind uint8

// The kinds of commands of a cell.
const (
	// Apply answers with Cell.Applied, Page with Cell.Paged, Read with Cell.Read.
	Apply CommandKind = iota + 1
	Page
	Read
	// Lead answers with Cell.Led, Recall, which reads the log, with Cell.Recalled,
	// Advance with Cell.Advanced.
	Lead
	Recall
	Advance
)

// Command is a call of the session whose result is given back.
type Command struct {
	Kind CommandKind
	// Serial is given back with the result.
	Serial uint64
	Apply  contract.ApplyRequest
	Cursor string
	After  contract.Position // Advance: the new cursor
	Limit  int
	Resign bool // Advance
}

// Ref names one value that a node holds.
type Ref struct {
	Key  contract.StateKey
	User string
}

// Member is a user who is shown in a presence channel.
type Member struct {
	User string
	Info []byte
}

// markers is the key of the markers of nodes, one presence channel per cell. A
// marker is a user "incarnation/epoch": the incarnation has told all it holds in
// that epoch.
var markers = contract.StateKey{Kind: contract.StatePresence, Name: "nodes"}
