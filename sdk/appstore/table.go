package appstore

import (
	"context"
	"errors"
	"unicode/utf8"

	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/contract"
)

// ErrChanged is returned by a Table whose record is not what it was before.
var ErrChanged = errors.New("the record is not what it was")

// Record is what stands in a table under an id. The zero value is no record; it
// has no fields and revision 0.
type Record interface {
	appjson.Fields
	// ID and Key return "" if the record has none.
	ID() string
	Key() string
}

// Table is how a Manager reads and changes records of type R. Its errors are
// those of the contract, or ErrChanged. Methods are called from several
// goroutines at once; records that were returned belong to the caller.
type Table[R Record] interface {
	// Where names the table in errors, and in it the record with this id
	// unless id is "".
	Where(id string) string
	// Get returns the record with this id as it is now, if there is one.
	Get(ctx context.Context, id string) (r R, there bool, err error)
	// Holders returns the ids of the records that have this key, as an index
	// knows it.
	Holders(ctx context.Context, key string) ([]string, error)
	// Scan returns at most limit records, those after the one with the id
	// after unless it is "", and the id to go on from, "" at the end.
	Scan(ctx context.Context, after string, limit int) (page []R, next string, err error)

	// Encode makes the record of an app at a revision. What before has beside
	// the app stays; before is the zero value for an app that is new.
	Encode(app *contract.App, before R, revision uint64) (R, error)
	// At returns a copy of r at another revision.
	At(r R, revision uint64) R
	// Insert writes a record under an id where nothing stands, or returns ErrChanged.
	Insert(ctx context.Context, r R) error
	// Replace writes r in place of before, or returns ErrChanged if what stands
	// there is not at the revision of before.
	Replace(ctx context.Context, r, before R) error
	// Remove deletes before, or returns ErrChanged as Replace does.
	Remove(ctx context.Context, before R) error
}

// MaxName is how many bytes an id or a key may have; longer ones are no keys of
// many databases.
const MaxName = 2048

// nameable is whether something may stand under this id or key at all. What is
// not UTF-8 would be asked for as something else.
func nameable(name string) bool { return name != "" && len(name) <= MaxName && utf8.ValidString(name) }
