package logs

import "slices"

// heads are streams with lines as a heap: that with the oldest line is the first.
type heads []*stream

// Len, Less, Swap, Push and Pop are for container/heap.
func (h heads) Len() int { return len(h) }

// Less compares the times of the first lines.
func (h heads) Less(i, j int) bool { return h[i].queue[0].Time.Before(h[j].queue[0].Time) }

// Swap exchanges two streams.
func (h heads) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push adds a stream.
func (h *heads) Push(s any) {
	if one, ok := s.(*stream); ok {
		*h = append(*h, one)
	}
}

// Pop removes the last stream.
func (h *heads) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// index is the place of a stream; mostly the first, from which lines are taken.
func (h heads) index(s *stream) int { return slices.Index(h, s) }
