package report

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// Values are over time; NaN, which is null in JSON, where there is none.
type Values []float64

// MarshalJSON writes null for NaN, which JSON does not have.
func (v Values) MarshalJSON() ([]byte, error) {
	pointers := make([]*float64, len(v))
	for i := range v {
		if !math.IsNaN(v[i]) {
			pointers[i] = &v[i]
		}
	}
	return json.Marshal(pointers)
}

// UnmarshalJSON reads NaN for null.
func (v *Values) UnmarshalJSON(text []byte) error {
	var pointers []*float64
	if err := json.Unmarshal(text, &pointers); err != nil {
		return err
	}
	*v = nil
	for _, p := range pointers {
		if p == nil {
			*v = append(*v, math.NaN())
			continue
		}
		*v = append(*v, *p)
	}
	return nil
}

// WriteJSON writes the report for the record.
func (r Report) WriteJSON(w io.Writer) error { return json.NewEncoder(w).Encode(r) }

// ReadJSON reads what WriteJSON wrote. A field that it does not know is refused,
// since the page would silently lack it.
func ReadJSON(from io.Reader) (Report, error) {
	decoder := json.NewDecoder(from)
	decoder.DisallowUnknownFields()
	var r Report
	if err := decoder.Decode(&r); err != nil {
		return Report{}, fmt.Errorf("the report: %w", err)
	}
	return r, nil
}
