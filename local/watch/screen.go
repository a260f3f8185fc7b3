package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/vllm-eks/vllm-eks/local/watch/view"
)

// screenInterval is the time between two polls of the numbers in a terminal.
const screenInterval = 5 * time.Second

// Sequences of terminals (ECMA-48).
const (
	clearScreen = "\x1b[2J"
	home        = "\x1b[H" // upper left corner
	clearLine   = "\x1b[K" // from the cursor on
	clearBelow  = "\x1b[J" // from the cursor on
)

// screen is a terminal.
type screen struct {
	out      io.Writer
	size     func() (width, height int, err error)
	interval time.Duration
}

// show shows the numbers until the context ends. It returns an error if the first poll fails.
// Without rules it waits for them.
func (s screen) show(ctx context.Context, from source, model string) error {
	ticker := time.NewTicker(s.interval)
	defer ticker.Stop()
	for first := true; ; first = false {
		text, err := from.text(ctx, model)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && first && !errors.Is(err, view.ErrNoRules):
			return err
		case err != nil:
			text = err.Error() + "\n"
		}
		if first {
			text = clearScreen + s.frame(text)
		} else {
			text = s.frame(text)
		}
		if _, err := io.WriteString(s.out, text); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// frame returns what replaces the contents of the screen.
func (s screen) frame(text string) string {
	width, height, err := s.size()
	if err != nil || width < 1 || height < 1 { // a terminal may not know its size
		width, height = 80, 24
	}
	header := fmt.Sprintf("%s, every %s; Ctrl-C ends", time.Now().Format(time.TimeOnly), s.interval)
	return home + strings.Join(fit(header+"\n\n"+printable(text), width, height-1), clearLine+"\n") + clearLine + "\n" + clearBelow
}

// fit returns the lines of a text for a screen. Where they do not fit, lines are split at spaces
// if possible, and a last line has the number of missing lines.
func fit(text string, width, height int) []string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, split(strings.TrimSuffix(line, "\n"), max(width, 1))...)
	}
	if height > 0 && len(lines) > height {
		missing := fmt.Sprintf("… %d more lines; use a larger window, or MODEL=NAME", len(lines)-height+1)
		lines = append(lines[:height-1], split(missing, max(width, 1))[0])
	}
	return lines
}

// split returns a line in parts that are at most some columns wide.
func split(line string, width int) []string {
	var parts []string
	for utf8.RuneCountInString(line) > width {
		runes := []rune(line)
		end := width
		for i := width; i > width/2; i-- {
			if runes[i] == ' ' {
				end = i
				break
			}
		}
		parts = append(parts, string(runes[:end]))
		line = strings.TrimPrefix(string(runes[end:]), " ")
	}
	return append(parts, line)
}

// printable returns a text in which a label cannot control the terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}
