// Package appstore makes an app manager out of a table that can write a record
// only if nobody else has changed it: most document and wide-column databases.
//
// The table keeps each app in a record under its id; an index, which may lag
// behind, leads from the key to the ids. An author writes a [Table] and a
// [Record], which only know the database, and embeds the Manager:
//
//	type appManager struct {
//		*appstore.Manager[row]
//		*store // a Table[row], which also knows its health and its figures
//	}
//
//	m := &appManager{Manager: appstore.New[row](s, env.Logger), store: s}
//
// The Manager sees to the rest of the contract: a key leads to one app only and
// is compared with the record itself, a change that finds another revision is a
// conflict or is tried again, and of several apps that ask for one key at once
// none gets it rather than two.
package appstore
