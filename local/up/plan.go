package main

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

// step is one line of the plan.
type step struct {
	name string
	// cost estimates the work in CPU-seconds, or in seconds for serial work. It was
	// measured on two cores of 2.9 GHz; the plan adapts it to the pace of this machine.
	cost float64
	// serial work takes the same time on any number of cores.
	serial bool
	do     func(ctx context.Context, p *progress) error
}

func (s step) seconds() float64 {
	if s.serial {
		return s.cost
	}
	return s.cost / float64(runtime.NumCPU())
}

// runPlan prints the plan, then runs it and shows the remaining time.
func runPlan(ctx context.Context, title string, steps []step) error {
	total := 0.0
	for _, s := range steps {
		total += s.seconds()
	}
	fmt.Printf("%s\n%d steps, about %s: ", title, len(steps), minutes(total))
	for i, s := range steps {
		if i > 0 {
			fmt.Print(" → ")
		}
		fmt.Print(s.name)
	}
	fmt.Println()
	p := newProgress(steps)
	defer p.close()
	for i, s := range steps {
		p.begin(i)
		if err := s.do(ctx, p); err != nil {
			p.pause()
			return fmt.Errorf("%s: %w", s.name, err)
		}
		p.end()
	}
	return nil
}

func minutes(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return "a few seconds"
	case d < 90*time.Second:
		return d.Round(5 * time.Second).String()
	default:
		return fmt.Sprintf("%d min", int(d.Round(time.Minute).Minutes()))
	}
}
