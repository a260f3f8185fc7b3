package serving

import (
	"math/big"
	"regexp"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// coreAmount and byteAmount are the parts of Kubernetes' quantities that people
// write for each: a decimal number with a suffix. A thousandth of a byte is Kubernetes'
// reading of 512m, and never what was meant.
var (
	coreAmount = regexp.MustCompile(`^(\d+(?:\.\d+)?)(m)?$`)
	byteAmount = regexp.MustCompile(`^(\d+(?:\.\d+)?)(k|M|G|T|Ki|Mi|Gi|Ti)?$`)
)

var suffixes = map[string]*big.Rat{
	"":   big.NewRat(1, 1),
	"m":  big.NewRat(1, 1000),
	"k":  big.NewRat(1e3, 1),
	"M":  big.NewRat(1e6, 1),
	"G":  big.NewRat(1e9, 1),
	"T":  big.NewRat(1e12, 1),
	"Ki": big.NewRat(1<<10, 1),
	"Mi": big.NewRat(1<<20, 1),
	"Gi": big.NewRat(1<<30, 1),
	"Ti": big.NewRat(1<<40, 1),
}

// mostOf are more than any node has.
var mostOf = map[*regexp.Regexp]*big.Rat{coreAmount: big.NewRat(1000, 1), byteAmount: big.NewRat(1<<50, 1)}

// parseQuantity is exact, so that two ways to write an amount compare equal.
func parseQuantity(text string, form *regexp.Regexp) (*big.Rat, bool) {
	parts := form.FindStringSubmatch(text)
	if parts == nil {
		return nil, false
	}
	number, ok := new(big.Rat).SetString(parts[1])
	if !ok {
		return nil, false
	}
	return number.Mul(number, suffixes[parts[2]]), true
}

func (r Resources) validate(found *problems.List, at func(string) string) {
	check := func(key, text, example string, form *regexp.Regexp, least *big.Rat) (*big.Rat, bool) {
		amount, ok := amountOf(text, form, least)
		if !ok {
			found.Addf(at(key), "is %q, want an amount such as %s", text, example)
		}
		return amount, ok
	}
	oneMi := suffixes["Mi"]
	check("resources.cpu", r.CPU, `"4" or "500m"`, coreAmount, suffixes["m"])
	memory, memoryOK := check("resources.memory", r.Memory, `"12Gi"`, byteAmount, oneMi)
	shm, shmOK := check("resources.shmSize", r.ShmSize, `"2Gi"`, byteAmount, oneMi)
	check("resources.disk", r.Disk, `"60Gi"`, byteAmount, oneMi)
	if memoryOK && shmOK && shm.Cmp(memory) >= 0 {
		found.Addf(at("resources.shmSize"), "is %s, want less than resources.memory, which includes it and is %s", r.ShmSize, r.Memory)
	}
}

// amountOf is an amount of cores or bytes that a node can have.
func amountOf(text string, form *regexp.Regexp, least *big.Rat) (*big.Rat, bool) {
	amount, ok := parseQuantity(text, form)
	if !ok || amount.Cmp(least) < 0 || amount.Cmp(mostOf[form]) > 0 || form == byteAmount && !amount.IsInt() {
		return nil, false
	}
	return amount, true
}
