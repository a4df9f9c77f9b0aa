package plugintest_test

// flaw is a mistake that a fake driver makes on purpose.
type flaw string

// The flaws.
const (
	none            flaw = ""
	ttlIgnored      flaw = "TTL ignored"
	ifAbsentIgnored flaw = "IfAbsent ignored"
	valueKept       flaw = "the caller's slice is kept"
	countRacy       flaw = "increment reads, waits, and writes"
	losesOnCrash    flaw = "jobs of a closed consumer are lost"
	groupsIgnored   flaw = "groups are ignored"
	retriedLast     flaw = "a retried job goes to the end"
	oneTooMany      flaw = "one unit above the limit"
	keysFolded      flaw = "keys are compared without case"
	revisionIgnored flaw = "revisions are ignored"
)
