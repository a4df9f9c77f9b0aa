package main

import "slices"

// fifo is a list that grows at its end and shrinks at its beginning.
type fifo[T any] struct {
	items []T
	head  int // items before it are gone
}

func (f *fifo[T]) len() int { return len(f.items) - f.head }

func (f *fifo[T]) push(item T) { f.items = append(f.items, item) }

// first returns the item at the beginning; there must be one.
func (f *fifo[T]) first() T { return f.items[f.head] }

// all returns the items, good until the next change.
func (f *fifo[T]) all() []T { return f.items[f.head:] }

// pop removes and returns the item at the beginning; there must be one.
func (f *fifo[T]) pop() T {
	var none T
	item := f.items[f.head]
	f.items[f.head] = none
	f.head++
	if f.head > len(f.items)/2 {
		f.items = slices.Delete(f.items, 0, f.head)
		f.head = 0
	}
	return item
}

// remove takes out the items that match and returns how many.
func (f *fifo[T]) remove(match func(T) bool) int {
	before := f.len()
	f.items = slices.DeleteFunc(slices.Delete(f.items, 0, f.head), match)
	f.head = 0
	return before - f.len()
}
