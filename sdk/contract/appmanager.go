package contract

import "context"

// AppManager finds apps. It is asked on the way of a connect or an API call
// whose app the server does not hold, so it should answer in milliseconds.
type AppManager interface {
	// FindByID returns the app with this id, or ErrNotFound. ErrNotFound means
	// that the store was asked and has no such app: when it could not be asked
	// the error is ErrUnavailable, never ErrNotFound. An app that is stored but
	// cannot be read (broken policy) is ErrInvalid, never an app without limits.
	FindByID(ctx context.Context, id string) (*App, error)
	// FindByKey is FindByID for the public key.
	FindByKey(ctx context.Context, key string) (*App, error)
	// List returns at most limit apps in an order of the store's own, beginning
	// at the page token of an earlier page ("" for the first). limit is 1 to 1000.
	List(ctx context.Context, pageToken string, limit int) (AppPage, error)
}

// AppPage is a part of the list of apps.
type AppPage struct {
	Apps []*App
	// Next is the token of the next page, "" at the end. A page may be empty
	// although another follows.
	Next string
}

// AppWriter is implemented by app managers that can change apps (CapAppWrite).
type AppWriter interface {
	// Create stores a new app and returns it with its revision; ErrConflict if
	// the id or the key exists.
	Create(ctx context.Context, app *App) (*App, error)
	// Update replaces the app with this id and returns it with its new revision.
	// ErrNotFound if there is none; ErrConflict if app.Revision is not 0 and
	// not the stored one, or if another app has the key.
	Update(ctx context.Context, app *App) (*App, error)
	// Delete removes the app, or returns ErrNotFound; ErrConflict as for Update.
	Delete(ctx context.Context, id string, revision uint64) error
}

// AppWatcher is implemented by app managers that notice changes made by others
// (CapAppWatch).
type AppWatcher interface {
	// Watch calls changed for every app that was created, changed or deleted
	// after Watch began, at least once each, until ctx ends or changed fails;
	// it then returns that error. A change with an empty ID means: some were
	// missed, doubt everything.
	Watch(ctx context.Context, changed func(AppChange) error) error
}

// AppChange tells that an app is not what it was.
type AppChange struct {
	ID       string
	Revision uint64 // 0 when the store cannot tell
	Deleted  bool
}
