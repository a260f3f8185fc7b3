package account

import (
	"errors"
	"sync"
)

// mostCalls is how many calls to AWS are under way at once: far below the rates
// at which EKS and EC2 throttle an account.
const mostCalls = 8

// together runs n calls, some at a time, and returns their errors in order.
func together(n int, call func(i int) error) error {
	errs := make([]error, n)
	free := make(chan struct{}, mostCalls)
	var running sync.WaitGroup
	for i := range n {
		free <- struct{}{}
		running.Go(func() {
			defer func() { <-free }()
			errs[i] = call(i)
		})
	}
	running.Wait()
	return errors.Join(errs...)
}

// lookUp reads a value for each key, some at a time. A value that cannot be read is
// absent, and unread has what missing says of it, in the order of the keys.
func lookUp[K comparable, V any](keys []K, read func(K) (V, error), missing func(K, error) string) (found map[K]V, unread []string) {
	values, failed := make([]V, len(keys)), make([]error, len(keys))
	_ = together(len(keys), func(i int) error { // each failure is a warning of its own
		values[i], failed[i] = read(keys[i])
		return nil
	})
	found = map[K]V{}
	for i, key := range keys {
		if failed[i] != nil {
			unread = append(unread, missing(key, failed[i]))
			continue
		}
		found[key] = values[i]
	}
	return found, unread
}
