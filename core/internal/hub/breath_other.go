//go:build !linux

package hub

import "runtime"

// breath lets a busy worker give way to others.
type breath struct{}

func newBreath() *breath { return &breath{} }

func (*breath) take() { runtime.Gosched() }
func (*breath) end()  {}
