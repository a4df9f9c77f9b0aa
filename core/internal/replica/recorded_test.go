package replica

import (
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Nodes of all versions write the same markers, and give a transition the same id:
// a leader of another version that takes over goes on where the last one was, and
// the queue knows what it gets again.
func TestRecordedNames(t *testing.T) {
	const epoch = 1764200000000
	for want, got := range map[string]string{
		"n@1/1764200000000":                markerOf("n@1", epoch),
		"1764200000000-23-7":               idOf(23, contract.Position{Epoch: epoch, Seq: 7}),
		"1764200000000-23-0-25vrv3rly2acf": lostID(23, epoch, fact{"app", "presence-x", "ann"}),
		"1764200000000-23-0-3mdli9ukst03x": lostID(23, epoch, fact{"app", "room", ""}),
		"leads":                            string(leads),
		"nodes":                            markers.Name,
	} {
		if got != want {
			t.Errorf("%q was %q in earlier versions", got, want)
		}
	}
	if markers.App != "" || markers.Kind != contract.StatePresence {
		t.Errorf("markers are at %+v", markers)
	}
	if incarnation, of := splitMarker("n@1/1764200000000"); incarnation != "n@1" || of != epoch || NodeOf(incarnation) != "n" {
		t.Errorf("a marker is read as %q and %d", incarnation, of)
	}
}
