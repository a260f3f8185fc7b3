package load

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// columns are the columns of a recorded trace.
var columns = []string{"seconds", "input_tokens", "output_tokens"}

const (
	// maxTokens is beyond the context of any model.
	maxTokens = 10_000_000
	// maxSeconds is beyond the length of any trace, and a duration holds it.
	maxSeconds = 1e9
)

// Read returns the arrivals of a recorded trace: CSV with the columns seconds, input_tokens and
// output_tokens, in order of time. The first arrival is at 0.
func Read(source io.Reader) ([]Arrival, error) {
	reader := csv.NewReader(source)
	header, err := reader.Read()
	if err != nil {
		return nil, fmt.Errorf("the header: %w", err)
	}
	for i, name := range header { // spreadsheets start with a byte order mark
		header[i] = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))
	}
	places := make([]int, len(columns))
	for i, name := range columns {
		if places[i] = slices.Index(header, name); places[i] < 0 {
			return nil, fmt.Errorf("line 1: no column %s among %q; want the columns %v", name, header, columns)
		}
	}
	var arrivals []Arrival
	start := 0.0
	for {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		line, _ := reader.FieldPos(0)
		seconds, err := strconv.ParseFloat(strings.TrimSpace(row[places[0]]), 64)
		if err != nil || math.IsNaN(seconds) || math.IsInf(seconds, 0) {
			return nil, fmt.Errorf("line %d: seconds: got %q, want a number", line, row[places[0]])
		}
		if len(arrivals) == 0 {
			start = seconds
		}
		if seconds-start > maxSeconds {
			return nil, fmt.Errorf("line %d: seconds: %s is more than %d s after the first arrival; want seconds", line, row[places[0]], int(maxSeconds))
		}
		a := Arrival{At: time.Duration((seconds - start) * float64(time.Second))}
		if len(arrivals) > 0 && a.At < arrivals[len(arrivals)-1].At {
			return nil, fmt.Errorf("line %d: seconds: %s is before the line above", line, row[places[0]])
		}
		for i, tokens := range []*int{&a.Input, &a.Output} {
			text := strings.TrimSpace(row[places[i+1]])
			if *tokens, err = strconv.Atoi(text); err != nil || *tokens < 1 || *tokens > maxTokens {
				return nil, fmt.Errorf("line %d: %s: got %q, want a whole number from 1 to %d", line, columns[i+1], text, maxTokens)
			}
		}
		arrivals = append(arrivals, a)
	}
	if len(arrivals) == 0 {
		return nil, errors.New("no arrivals")
	}
	return arrivals, nil
}
