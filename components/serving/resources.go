package serving

import (
	"regexp"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// coreAmount and byteAmount are the parts of Kubernetes' quantities that people
// write for each: a decimal number with a suffix. A thousandth of a byte is Kubernetes'
// reading of 512m, and never what was meant.
var (
	coreAmount = regexp.MustCompile(`^(\d+(?:\.\d+)?)(m)?$`)
	byteAmount = regexp.MustCompile(`^(\d+(?:\.\d+)?)(k|M|G|T|Ki|Mi|Gi|Ti)?$`)
)

// mostOf are more than any node has.
var mostOf = map[*regexp.Regexp]resource.Quantity{coreAmount: quantity("1000"), byteAmount: quantity("1Pi")}

// parseQuantity is exact, so that two ways to write an amount compare equal.
func parseQuantity(text string, form *regexp.Regexp) (resource.Quantity, bool) {
	if !form.MatchString(text) {
		return resource.Quantity{}, false
	}
	q, err := resource.ParseQuantity(text)
	return q, err == nil
}

func (r Resources) validate(found *problems.List, at func(string) string) {
	check := func(key, text, example string, form *regexp.Regexp, least string) (resource.Quantity, bool) {
		amount, ok := amountOf(text, form, least)
		if !ok {
			found.Addf(at(key), "is %q, want an amount such as %s", text, example)
		}
		return amount, ok
	}
	const oneMi = "1Mi"
	check("resources.cpu", r.CPU, `"4" or "500m"`, coreAmount, "1m")
	memory, memoryOK := check("resources.memory", r.Memory, `"12Gi"`, byteAmount, oneMi)
	shm, shmOK := check("resources.shmSize", r.ShmSize, `"2Gi"`, byteAmount, oneMi)
	check("resources.disk", r.Disk, `"60Gi"`, byteAmount, oneMi)
	if memoryOK && shmOK && shm.Cmp(memory) >= 0 {
		found.Addf(at("resources.shmSize"), "is %s, want less than resources.memory, which includes it and is %s", r.ShmSize, r.Memory)
	}
}

// amountOf is an amount of cores or bytes that a node can have.
func amountOf(text string, form *regexp.Regexp, least string) (resource.Quantity, bool) {
	amount, ok := parseQuantity(text, form)
	if !ok || amount.Cmp(quantity(least)) < 0 || amount.Cmp(mostOf[form]) > 0 || form == byteAmount && !isWhole(amount) {
		return resource.Quantity{}, false
	}
	return amount, true
}

// isWhole tells whether an amount is a whole number.
func isWhole(amount resource.Quantity) bool {
	return amount.Cmp(*resource.NewQuantity(amount.Value(), amount.Format)) == 0
}
