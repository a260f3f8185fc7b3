package catalogue

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// absurdities holds the numbers of a configuration that no model has, by their keys.
type absurdities map[string]float64

// remove removes such numbers from a mapping, and from those in it.
func (a absurdities) remove(mapping map[string]any) {
	for key, value := range mapping {
		switch value := value.(type) {
		case map[string]any:
			a.remove(value)
		case float64:
			if value < 0 || value > maxNumber && !(key == "parameters" && value < 1e15) {
				a[key] = value
				delete(mapping, key)
			}
		}
	}
}

// err returns an error with a line for each number; nil if there are none.
func (a absurdities) err() error {
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(a)) {
		errs = append(errs, a.problem(key))
	}
	return errors.Join(errs...)
}

func (a absurdities) problem(key string) error {
	return fmt.Errorf("%s is %s, which no model has", key, strconv.FormatFloat(a[key], 'f', -1, 64))
}

// explain returns an error with the numbers in place of the keys that are missing because
// of them.
func (a absurdities) explain(err error) error {
	if err == nil || len(a) == 0 {
		return err
	}
	var errs []error
	for line := range strings.SplitSeq(err.Error(), "\n") {
		key, missing := strings.CutSuffix(line, " is missing")
		if _, removed := a[key]; missing && removed {
			errs = append(errs, a.problem(key))
		} else {
			errs = append(errs, errors.New(line))
		}
	}
	return errors.Join(errs...)
}
