package core

import "runtime/debug"

// trimmer gives memory back to the system once a storm of connects or
// disconnects is over. Handshakes leave garbage that the runtime would keep for
// minutes, as much as the connections themselves take.
type trimmer struct {
	last    int // connections at the last call
	trimmed int // connections when memory was last given back
}

// A storm changes the number of connections by at least stormLeast and a tenth;
// it is over when a second changes them by less than a hundredth.
const stormLeast = 500

// due tells, called once a second with the number of connections, that now is
// the moment.
func (t *trimmer) due(connections int) bool {
	calm := distance(connections, t.last) <= connections/100
	t.last = connections
	changed := distance(connections, t.trimmed)
	if !calm || changed < stormLeast || changed < t.trimmed/10 {
		return false
	}
	t.trimmed = connections
	return true
}

func distance(a, b int) int { return max(a-b, b-a) }

func (s *server) trim() {
	if s.trimmer.due(s.sessions.Sessions()) {
		debug.FreeOSMemory()
	}
}
