package problems

import (
	"errors"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

func TestErrAndOf(t *testing.T) {
	var found field.ErrorList
	Invalid(&found, field.NewPath("models").Index(0).Child("name"), "is %q", "A")
	Required(&found, field.NewPath("models").Index(1).Child("gpu", "count"), "is missing")
	err := Err(found)
	if want := "models[0].name: is \"A\"\nmodels[1].gpu.count: is missing"; err == nil || err.Error() != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
	got := Of(errors.Join(err, errors.New("other")), "stack")
	want := append(field.ErrorList{}, found...)
	want = append(want, &field.Error{Type: field.ErrorTypeInternal, Field: "stack", Detail: "other"})
	if len(got) != len(want) {
		t.Fatalf("the problems of the error are %v, want %v", got, want)
	}
	for i := range want {
		if got[i].Type != want[i].Type || got[i].Field != want[i].Field || got[i].Detail != want[i].Detail {
			t.Errorf("problem %d is %v, want %v", i, got[i], want[i])
		}
	}
}

func TestErrWithoutProblems(t *testing.T) {
	if err := Err(nil); err != nil {
		t.Errorf("an empty list is the error %v", err)
	}
	if got := Of(nil, "stack"); len(got) != 0 {
		t.Errorf("no error has the problems %v", got)
	}
}

// TestErrorWithoutKey checks the text of an error without a key.
func TestErrorWithoutKey(t *testing.T) {
	if got := (Error{Problem: &field.Error{Detail: "the kubeconfig cannot be read"}}).Error(); got != "the kubeconfig cannot be read" {
		t.Errorf("the message is %q", got)
	}
}

// TestWithinEndsAtKeyPart checks that a key is not within another key that is only
// a prefix of its name.
func TestWithinEndsAtKeyPart(t *testing.T) {
	for key, want := range map[string]bool{"models[1].gpu": true, "models[1].gpu.count": true, "models[1].gpu[0]": true, "models[1].gpus": false, "models[1]": false} {
		if got := Within(key, "models[1].gpu"); got != want {
			t.Errorf("%s is within models[1].gpu: %t, want %t", key, got, want)
		}
	}
	if got := Parent("models[1].gpu.count"); got != "models[1].gpu" || Parent("models") != "" {
		t.Errorf("the parents are %q and %q", got, Parent("models"))
	}
}
