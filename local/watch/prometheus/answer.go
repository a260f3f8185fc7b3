package prometheus

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Series holds the values of one set of labels.
type Series struct {
	Labels map[string]string
	// Points are in the order of their times. Times without a value have no point.
	Points []Point
}

// Point is a value at a time.
type Point struct {
	// Seconds is the time in seconds since 1970.
	Seconds float64
	Value   float64
}

// finite reports whether the value is a finite number.
func (p Point) finite() bool { return !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0) }

// Last returns the value at a time, in seconds since 1970. ok is false if the series ended
// before, by more than a tolerance.
func (s Series) Last(seconds, tolerance float64) (value float64, ok bool) {
	if len(s.Points) == 0 {
		return 0, false
	}
	p := s.Points[len(s.Points)-1]
	return p.Value, p.Seconds >= seconds-tolerance
}

// Runs returns the parts of a series between which values of a window are missing.
func Runs(points []Point, w Window) [][]Point {
	var list [][]Point
	begin := 0
	for i := range points {
		if i == len(points)-1 || points[i+1].Seconds-points[i].Seconds > 1.5*w.Step.Seconds() {
			list = append(list, points[begin:i+1])
			begin = i + 1
		}
	}
	return list
}

// Begins returns the times at which the values of a series begin in a window, in seconds since
// 1970.
func (s Series) Begins(w Window) []float64 {
	var begins []float64
	for _, run := range Runs(s.Points, w) {
		begins = append(begins, run[0].Seconds)
	}
	return begins
}

// Sample is the current value of a series.
type Sample struct {
	// Labels holds the labels of the series. The label __name__ is the name of the series.
	Labels map[string]string
	// Value is the value of the series.
	Value float64
}

// vector returns the samples of an answer to an instant query. It leaves out values that are no
// finite numbers.
func vector(body []byte) ([]Sample, error) {
	result, err := decode[struct {
		Metric map[string]string `json:"metric"`
		Value  point             `json:"value"`
	}](body, "vector")
	if err != nil {
		return nil, err
	}
	var list []Sample
	for _, r := range result {
		if Point(r.Value).finite() {
			list = append(list, Sample{Labels: r.Metric, Value: r.Value.Value})
		}
	}
	return list, nil
}

// matrix returns the series of an answer to a range query. It leaves out values that are no
// finite numbers.
func matrix(body []byte) ([]Series, error) {
	result, err := decode[struct {
		Metric map[string]string `json:"metric"`
		Values []point           `json:"values"`
	}](body, "matrix")
	if err != nil {
		return nil, err
	}
	var list []Series
	for _, r := range result {
		s := Series{Labels: r.Metric}
		for _, v := range r.Values {
			if Point(v).finite() {
				s.Points = append(s.Points, Point(v))
			}
		}
		if len(s.Points) > 0 {
			list = append(list, s)
		}
	}
	return list, nil
}

// decode returns the result of an answer of the API, which must be of a type.
func decode[T any](body []byte, kind string) ([]T, error) {
	var answer struct {
		Status string `json:"status"`
		Error  string `json:"error"`
		Data   struct {
			Type   string          `json:"resultType"`
			Result json.RawMessage `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("prometheus: the answer is no JSON of its API: %w", err)
	}
	if answer.Status != "success" {
		return nil, fmt.Errorf("prometheus: the query failed: %s", answer.Error)
	}
	if answer.Data.Type != kind {
		return nil, fmt.Errorf("prometheus: the answer is a %q, want a %s", answer.Data.Type, kind)
	}
	var result []T
	if err := json.Unmarshal(answer.Data.Result, &result); err != nil {
		return nil, fmt.Errorf("prometheus: the %s: %w", kind, err)
	}
	return result, nil
}

// point is a Point as the API writes it: [seconds, "value"].
type point Point

// UnmarshalJSON reads a point.
func (p *point) UnmarshalJSON(text []byte) error {
	var value string
	pair := [2]any{&p.Seconds, &value}
	if err := json.Unmarshal(text, &pair); err != nil {
		return err
	}
	number, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return fmt.Errorf("the value is %q, want a number", value)
	}
	p.Value = number
	return nil
}
