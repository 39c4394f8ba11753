package inspect

import "slices"

// top keeps the n largest of what it is offered.
type top[T any] struct {
	n     int
	items []T // a heap, the smallest first, once it is full
	size  func(*T) int64
	least int64 // what is no larger does not get in any more
}

func newTop[T any](n int, size func(*T) int64) *top[T] {
	return &top[T]{n: n, size: size, least: -1}
}

// wants reports whether something so large gets in.
func (t *top[T]) wants(size int64) bool { return size > t.least && t.n > 0 }

// add takes one in that it wants.
func (t *top[T]) add(item T) {
	if len(t.items) < t.n {
		t.items = append(t.items, item)
		if len(t.items) == t.n {
			for i := t.n/2 - 1; i >= 0; i-- {
				t.sink(i)
			}
			t.least = t.size(&t.items[0])
		}
		return
	}
	t.items[0] = item
	t.sink(0)
	t.least = t.size(&t.items[0])
}

// sink restores the order of the heap below i.
func (t *top[T]) sink(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(t.items); child++ {
			if t.size(&t.items[child]) < t.size(&t.items[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		t.items[i], t.items[least] = t.items[least], t.items[i]
		i = least
	}
}

// list has the largest first.
func (t *top[T]) list() []T {
	out := slices.Clone(t.items)
	slices.SortStableFunc(out, func(a, b T) int { return int(min(max(t.size(&b)-t.size(&a), -1), 1)) })
	return out
}
