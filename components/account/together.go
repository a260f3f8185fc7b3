package account

import (
	"errors"
	"sync"
)

// maxCalls is the largest number of calls to AWS at the same time. EKS and EC2
// throttle an account only at much higher rates.
const maxCalls = 8

// together runs n calls, at most maxCalls at the same time, and returns their errors
// in order.
func together(n int, call func(i int) error) error {
	errs := make([]error, n)
	free := make(chan struct{}, maxCalls)
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

// lookUp reads a value for each key, at most maxCalls at the same time. The result
// has no entry for a value that cannot be read; unread has the message of missing for
// it, in the order of the keys.
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
