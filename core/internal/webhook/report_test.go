package webhook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/sdk/contract"
)

func transition(n int, kind Type, user string) Transition {
	return Transition{ID: fmt.Sprint("1-2-", n), AppID: "a", Kind: kind, Channel: "presence-x", UserID: user}
}

func TestATransitionHasOneIDHoweverOftenItIsReported(t *testing.T) {
	inWorld(t, []*contract.App{app(to(home), to("http://other.test/"))}, nil, func(w *world) {
		all := []Transition{
			transition(1, metrics.WebhookOccupied, ""), transition(2, metrics.WebhookMemberAdded, "ann"),
			{ID: "1-2-3", AppID: "unknown", Kind: metrics.WebhookOccupied, Channel: "x"},
			transition(4, metrics.WebhookMemberRemoved, "ann"),
		}
		for range 3 {
			if err := w.service.Report(context.Background(), all); err != nil {
				t.Error(err)
			}
		}
		w.after(time.Minute)
		ids := map[string]int{}
		for _, p := range w.answered() {
			ids[p.id]++
		}
		if len(w.answered()) != 6 || len(ids) != 6 {
			t.Errorf("%d requests with the ids %v", len(w.answered()), ids)
		}
		for id := range ids {
			if !strings.HasPrefix(id, "1-2-") {
				t.Errorf("id %q does not begin with that of the transition", id)
			}
		}
	})
}

func TestReportKeepsTheOrderWhileTheQueueIsAway(t *testing.T) {
	inWorld(t, []*contract.App{app(to(home))}, nil, func(w *world) {
		w.queue.change(func() { w.queue.refusal = errors.New("away") })
		done := make(chan error, 1)
		go func() {
			done <- w.service.Report(context.Background(), []Transition{
				transition(1, metrics.WebhookMemberAdded, "ann"), transition(2, metrics.WebhookMemberAdded, "ben"),
				transition(3, metrics.WebhookMemberRemoved, "ann"),
			})
		}()
		w.after(time.Minute)
		select {
		case err := <-done:
			t.Errorf("reported while the queue is away: %v", err)
		default:
		}
		w.queue.change(func() { w.queue.refusal = nil })
		if err := <-done; err != nil {
			t.Error(err)
		}
		w.after(time.Minute)
		var got []string
		for _, p := range w.answered() {
			got = append(got, fmt.Sprint(p.events[0]["name"], " ", p.events[0]["user_id"]))
		}
		if want := []string{"member_added ann", "member_added ben", "member_removed ann"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestReportEndsWithItsContext(t *testing.T) {
	inWorld(t, []*contract.App{app(to(home))}, nil, func(w *world) {
		w.queue.change(func() { w.queue.refusal = errors.New("away") })
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := w.service.Report(ctx, []Transition{transition(1, metrics.WebhookOccupied, "")}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Report: %v", err)
		}
		w.queue.change(func() { w.queue.refusal = nil })
	})
}
