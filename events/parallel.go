package events

import "sync"

// Parallel calls do with 0 to n-1, at most so many of them at once, and returns when
// all have returned.
func Parallel(n, most int, do func(i int)) {
	slots := make(chan struct{}, most)
	var running sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			do(i)
		})
	}
	running.Wait()
}
