package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// progress shows the running step, its detail and the remaining time. On a terminal it rewrites
// one line; elsewhere, such as in a CI log, it adds a line from time to time.
type progress struct {
	mu       sync.Mutex
	out      io.Writer
	terminal bool
	interval time.Duration
	steps    []step
	current  int
	fraction float64 // of the current step
	detail   string
	began    time.Time // start of the command
	stepped  time.Time // start of the current step
	planned  float64   // planned seconds of the finished steps
	spent    float64   // actual seconds of the finished steps
	paused   bool      // another program writes to the screen
	done     chan struct{}
}

func newProgress(steps []step) *progress {
	p := &progress{
		out: os.Stdout, terminal: term.IsTerminal(int(os.Stdout.Fd())), interval: 15 * time.Second,
		steps: steps, began: started(), done: make(chan struct{}),
	}
	if p.terminal {
		p.interval = time.Second
	}
	go p.refresh()
	return p
}

func (p *progress) refresh() {
	ticker := time.NewTicker(p.interval)
	defer ticker.Stop()
	for {
		select {
		case <-p.done:
			return
		case <-ticker.C:
			p.mu.Lock()
			if !p.paused && time.Since(p.stepped) > time.Second {
				p.print(p.line())
			}
			p.mu.Unlock()
		}
	}
}

func (p *progress) begin(i int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.current, p.fraction, p.detail, p.stepped, p.paused = i, 0, "", time.Now(), false
}

func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	took := time.Since(p.stepped).Seconds()
	p.planned += p.steps[p.current].seconds()
	p.spent += took
	p.clearLine()
	fmt.Fprintf(p.out, "[%d/%d] %s: done in %s\n", p.current+1, len(p.steps), p.steps[p.current].name, short(took))
}

// update sets the current step's detail and its progress from 0 to 1. A fraction below zero
// keeps the old one.
func (p *progress) update(fraction float64, format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if fraction >= 0 {
		p.fraction = min(fraction, 1)
	}
	p.detail = fmt.Sprintf(format, args...)
}

// note prints a line that remains.
func (p *progress) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clearLine()
	fmt.Fprintf(p.out, "      "+format+"\n", args...)
}

// pause stops the display until the next step begins, for another program or an error.
func (p *progress) pause() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clearLine()
	p.paused = true
}

func (p *progress) close() { close(p.done) }

func (p *progress) elapsed() time.Duration { return time.Since(p.began) }

// line returns the current line. The caller holds the lock.
func (p *progress) line() string {
	s := p.steps[p.current]
	text := fmt.Sprintf("[%d/%d] %s", p.current+1, len(p.steps), s.name)
	if p.detail != "" {
		text += " · " + p.detail
	}
	return text + fmt.Sprintf(" · %s elapsed, about %s left", short(p.elapsed().Seconds()), minutes(p.remaining()))
}

// remaining returns the remaining seconds: the plan's, scaled by the machine's pace so far. A
// weight of half a minute on the plan keeps the first estimates stable.
func (p *progress) remaining() float64 {
	s := p.steps[p.current]
	took := time.Since(p.stepped).Seconds()
	done := s.seconds() * p.fraction
	rest := s.seconds() - done
	for _, later := range p.steps[p.current+1:] {
		rest += later.seconds()
	}
	const prior = 30
	pace := (p.spent + prior) / (p.planned + prior)
	if p.fraction > 0 {
		pace = (p.spent + took + prior) / (p.planned + done + prior)
	} else if overdue := took - s.seconds(); overdue > 0 {
		rest = max(rest-s.seconds(), 0)
	}
	return rest * pace
}

func (p *progress) print(line string) {
	if p.terminal {
		width, _, err := term.GetSize(int(os.Stdout.Fd()))
		if err == nil && width > 1 && len(line) >= width {
			line = line[:width-1]
		}
		fmt.Fprintf(p.out, "\r\x1b[K%s", line)
		return
	}
	fmt.Fprintln(p.out, line)
}

func (p *progress) clearLine() {
	if p.terminal && !p.paused {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

func short(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
