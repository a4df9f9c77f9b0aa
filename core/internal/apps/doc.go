// Package apps finds the app of a connection or an API call without asking the
// store each time.
//
// New makes a Registry in front of a contract.AppManager. ByKey and ByID return
// a Handle, one per app, which all sessions of the app share. Handle.Load gives
// the App as it is now: an immutable value with the record of the store, its
// limits with the server's settings filled in, the keyed signers of its secrets
// and its origin patterns. When the store has a newer revision, every holder of
// the handle sees it at its next Load; who must act on a change (close the
// connections of an app that was disabled) asks for a call with Handle.OnChange
// and cancels it when the last connection of the app is gone.
//
// What is held and for how long:
//
//   - An app is served from here until the soft TTL has passed, then still, while
//     one goroutine asks the store. If the store is down the old copy is good
//     until the hard TTL.
//   - An app that the store does not have is remembered as absent for a few
//     seconds, and so are at most some thousands.
//   - However many callers want the same unknown app, the store is asked once.
//   - An app that is not held is looked for in the shared cache first, if there is
//     one; what is held is only ever refreshed from the store.
//   - Names that the store lacks use up a budget. While it is spent, apps that are
//     not held are ErrUnavailable, so that guessing keys does not load the store.
//   - A record with a lower revision than the one held is an old copy from a slow
//     reader and is ignored.
//
// Who hears of a change calls Changed: another node, or the store by itself. Who
// makes one in the store calls Learn or Lose, and OnLocalChange passes it on.
//
// The two errors are different things for a client: ErrUnknown is final, the app
// does not exist; ErrUnavailable means that nobody could say, and to try again.
//
// A Registry that is Complete (apps come from the configuration) holds all there
// is: Replace gives it the apps, nothing expires and the store is never asked.
//
// The caller runs Run in a goroutine of its own and calls Close at the end.
// Everything may be used by several goroutines at once. A look-up of an app that
// is held takes no lock and allocates nothing.
package apps
