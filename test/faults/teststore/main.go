package main

import (
	"context"

	"github.com/jackfield/jackfield/sdk"
)

type options struct {
	Key string `json:"key" jsonschema:"public key of the only app"`
}

// store finds its one app.
type store struct{ app *sdk.App }

func open(_ context.Context, o options, _ sdk.Env) (sdk.AppManager, error) {
	return &store{&sdk.App{ID: "app-id", Key: o.Key, Secrets: []sdk.Secret{"app-secret"}, Enabled: true}}, nil
}

func (s *store) FindByID(_ context.Context, id string) (*sdk.App, error) {
	return s.find(id == s.app.ID)
}

func (s *store) FindByKey(_ context.Context, key string) (*sdk.App, error) {
	return s.find(key == s.app.Key)
}

func (s *store) find(ok bool) (*sdk.App, error) {
	if !ok {
		return nil, sdk.ErrNotFound
	}
	return s.app, nil
}

func (s *store) List(context.Context, string, int) (sdk.AppPage, error) {
	return sdk.AppPage{Apps: []*sdk.App{s.app}}, nil
}

func main() {
	sdk.Serve(sdk.Plugin{Name: "teststore", Drivers: []sdk.Driver{sdk.AppManagerDriver("teststore", open)}})
}
