package main

import (
	"testing"
)

func TestEveryTopologyAnswers(t *testing.T) {
	for name, options := range topologies {
		t.Run(name, func(t *testing.T) {
			c := open(t, options(), classCommands)
			if err := c.health(patient(t)); err != nil {
				t.Error(err)
			}
			if err := c.Set(patient(t), "answers", name, 0).Err(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOnePoolPerEndpointCredentialsAndClass(t *testing.T) {
	options := toStandalone(standalone())
	options.Source = "cache.redis.url_override"
	a := open(t, options, classCommands)
	options.Source = "REDIS_URL"
	b := open(t, options, classCommands)
	if a.UniversalClient != b.UniversalClient {
		t.Error("the same endpoint has two pools")
	}
	others := []*client{open(t, options, classBlocking)}
	options.DB = 1
	others = append(others, open(t, options, classCommands))
	options.Password = "x"
	others = append(others, open(t, options, classCommands))
	for i, o := range others {
		if o.UniversalClient == a.UniversalClient {
			t.Errorf("client %d shares a pool that is not its own", i)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.health(patient(t)); err != nil {
		t.Errorf("the pool was closed while somebody used it: %v", err)
	}
}
