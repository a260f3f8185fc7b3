package panicstest

import (
	"reflect"
	"strings"
	"testing"
)

// toy has methods that panic, and some that do not.
type toy struct{ Parts, Share int }

func (t toy) Divide() int   { return t.Share / t.Parts }
func (t *toy) Set(n int)    { t.Parts = n }
func (t toy) Harmless() int { return t.Share + 1 }
func (toy) First(list []string) string {
	if list == nil {
		return ""
	}
	return list[5]
}

// TestPanicsAreFound holds that methods are called with nil, zero and odd values.
func TestPanicsAreFound(t *testing.T) {
	problems := map[string]string{}
	random := source()
	for round := range rounds {
		methods(value(reflect.TypeFor[toy](), random, round), random, round, func(name string, f reflect.Value, given []reflect.Value) {
			if problem := Problem(f, given...); problem != "" {
				problems[name] = problem
			}
		})
	}
	for name, want := range map[string]string{"toy.Divide": "divide by zero", "toy.First": "out of range", "(*toy)(nil).Set": "nil pointer"} {
		name = strings.Replace(name, "toy", "panicstest.toy", 1)
		if !strings.Contains(problems[name], want) {
			t.Errorf("%s: %q, want %q", name, problems[name], want)
		}
		delete(problems, name)
	}
	if len(problems) > 0 {
		t.Errorf("these panic: %q", problems)
	}
}
