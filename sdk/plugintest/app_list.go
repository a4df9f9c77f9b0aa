package plugintest

import (
	"fmt"

	"github.com/jackfield/jackfield/sdk/contract"
)

var appList = []appCase{
	{name: "the pages of the list hold every app", run: func(b *appBench) {
		apps := b.apps()
		for _, limit := range []int{1, 2, 1000} {
			listed := b.list(limit, func() {})
			for _, app := range apps {
				if listed[app.ID] == nil {
					b.Fatalf("by pages of %d, %s is missing", limit, app.ID)
				}
				b.same("listed "+app.ID, listed[app.ID], app)
			}
		}
	}},
	{name: "an app that stays is listed while others come and go", needs: contract.CapAppWrite, run: func(b *appBench) {
		var stays, goes []*contract.App
		for range 20 {
			stays = append(stays, b.create(renamed(SampleApps()[0])))
			goes = append(goes, b.create(renamed(SampleApps()[1])))
		}
		listed := b.list(3, func() {
			if len(goes) > 0 {
				wantNil(b.T, "Delete", b.writer().Delete(b.Context(), goes[0].ID, 0))
				goes = goes[1:]
				b.create(renamed(SampleApps()[1]))
			}
		})
		for i, app := range stays {
			if listed[app.ID] == nil {
				b.Fatalf("app %d of %d is missing, which existed all the time", i, len(stays))
			}
		}
	}},
}

// list reads all pages, with something happening between them.
func (b *appBench) list(limit int, between func()) map[string]*contract.App {
	b.Helper()
	listed := map[string]*contract.App{}
	token := ""
	for range 10_000 {
		page, err := b.store.List(b.Context(), token, limit)
		wantNil(b.T, fmt.Sprintf("List(%q, %d)", token, limit), err)
		if len(page.Apps) > limit {
			b.Fatalf("List with limit %d returned %d apps", limit, len(page.Apps))
		}
		for _, app := range page.Apps {
			listed[app.ID] = app
		}
		if page.Next == "" {
			return listed
		}
		token = page.Next
		between()
	}
	b.Fatal("List does not end")
	return nil
}
