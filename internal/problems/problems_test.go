package problems

import (
	"errors"
	"slices"
	"testing"
)

func TestListJoinsAndComesApartAgain(t *testing.T) {
	var list List
	list.Addf("models[0].name", "is %q", "A")
	list.Addf("models[1].gpu.count", "is %d", -1)
	err := list.Err()
	if want := "models[0].name: is \"A\"\nmodels[1].gpu.count: is -1"; err == nil || err.Error() != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
	if got := Of(errors.Join(err, errors.New("other")), "stack"); !slices.Equal(got, append(list, Error{"stack", "other"})) {
		t.Errorf("the problems of the error are %v", got)
	}
}

func TestNoProblemIsNoError(t *testing.T) {
	var list List
	if err := list.Err(); err != nil {
		t.Errorf("an empty list is the error %v", err)
	}
	if got := Of(nil, "stack"); len(got) != 0 {
		t.Errorf("no error has the problems %v", got)
	}
}
