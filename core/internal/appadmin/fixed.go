package appadmin

import (
	"context"
	"strconv"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Fixed is the app manager of apps that are all known, as those of a
// configuration file: a function that returns them.
type Fixed func() []*contract.App

var _ contract.AppManager = Fixed(nil)

// FindByID is that of contract.AppManager.
func (f Fixed) FindByID(_ context.Context, id string) (*contract.App, error) {
	return f.find(func(a *contract.App) bool { return a.ID == id })
}

// FindByKey is that of contract.AppManager.
func (f Fixed) FindByKey(_ context.Context, key string) (*contract.App, error) {
	return f.find(func(a *contract.App) bool { return a.Key == key })
}

func (f Fixed) find(is func(*contract.App) bool) (*contract.App, error) {
	for _, app := range f() {
		if is(app) {
			return app, nil
		}
	}
	return nil, contract.ErrNotFound
}

// List is that of contract.AppManager; a page token is the number of apps before.
func (f Fixed) List(_ context.Context, page string, limit int) (contract.AppPage, error) {
	apps := f()
	from := 0
	if page != "" {
		var err error
		if from, err = strconv.Atoi(page); err != nil || from < 0 {
			return contract.AppPage{}, invalid("there is no page %q", page)
		}
	}
	from = min(from, len(apps))
	to := min(from+limit, len(apps))
	out := contract.AppPage{Apps: apps[from:to]}
	if to < len(apps) {
		out.Next = strconv.Itoa(to)
	}
	return out, nil
}
