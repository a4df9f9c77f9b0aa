package core

import (
	"context"
	"fmt"

	"github.com/jackfield/jackfield/core/internal/plugin"
	"github.com/jackfield/jackfield/core/internal/rest"
	"github.com/jackfield/jackfield/sdk/contract"
)

// critical are the kinds without which a node should get no traffic. Without
// the app store known apps go on, without the queue its jobs are kept.
var critical = map[contract.Kind]bool{contract.KindCache: true, contract.KindAdapter: true}

// checks are what /up looks at: the drivers that plugins serve.
func (s *server) checks() []rest.Check {
	if s.host == nil {
		return nil
	}
	var all []rest.Check
	for _, st := range s.host.Status() {
		kind := st.Kind
		all = append(all, rest.Check{
			Name: string(kind), Critical: critical[kind],
			Run: func(context.Context) error { return s.health(kind) },
		})
	}
	return all
}

func (s *server) health(kind contract.Kind) error {
	if kind == contract.KindAdapter {
		if err := s.clusterHealth(); err != nil {
			return err
		}
	}
	for _, st := range s.host.Status() {
		if st.Kind == kind && st.State != plugin.Serving {
			return fmt.Errorf("%s %s is %s: %s", kind, st.Driver, st.State, st.Reason)
		}
	}
	return nil
}
