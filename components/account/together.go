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
