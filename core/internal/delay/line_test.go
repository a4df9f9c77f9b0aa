package delay

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestFunctionsRunInOrderWhenTheirTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(3 * time.Second)
		var mu sync.Mutex
		var ran []int
		enter := func(n int) *Ticket {
			return l.After(func() {
				mu.Lock()
				defer mu.Unlock()
				ran = append(ran, n)
			})
		}
		enter(1)
		off := enter(2)
		time.Sleep(time.Second)
		enter(3)
		if !off.CallOff() || off.CallOff() {
			t.Error("CallOff must succeed once")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !slices.Equal(ran, []int{1}) || l.Len() != 1 {
			t.Errorf("after 3 s: %v ran, %d wait", ran, l.Len())
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if !slices.Equal(ran, []int{1, 3}) {
			t.Errorf("after 4 s: %v", ran)
		}
		late := enter(4)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if late.CallOff() || !slices.Equal(ran, []int{1, 3, 4}) {
			t.Errorf("after all: %v", ran)
		}
	})
}

func TestAFunctionMayEnterAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, n := New(time.Second), 0
		var again func()
		again = func() {
			if n++; n < 5 {
				l.After(again)
			}
		}
		l.After(again)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n != 5 {
			t.Errorf("ran %d times", n)
		}
	})
}

func TestNothingRunsAfterStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(time.Second)
		first := l.After(func() { t.Error("ran") })
		l.Stop()
		l.After(func() { t.Error("ran") })
		time.Sleep(time.Minute)
		synctest.Wait()
		if first.CallOff() {
			t.Error("called off after Stop")
		}
	})
}
