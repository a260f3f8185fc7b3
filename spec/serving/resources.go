package serving

import (
	"fmt"
	"math"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
)

// coreAmount and byteAmount are the forms of quantities that people write for cores and
// bytes: a decimal number with a suffix. Kubernetes also reads 512m as bytes (thousandths
// of a byte), but nobody means that.
var (
	coreAmount = regexp.MustCompile(`^(\d+(?:\.\d+)?)(m)?$`)
	byteAmount = regexp.MustCompile(`^(\d+(?:\.\d+)?)(k|M|G|T|Ki|Mi|Gi|Ti)?$`)
)

// largestQuantity holds quantities larger than any node has.
var largestQuantity = map[*regexp.Regexp]resource.Quantity{coreAmount: Quantity("1000"), byteAmount: Quantity("1Pi")}

// parseQuantity returns a string as a quantity, exactly, so that two ways to write a
// quantity compare equal.
func parseQuantity(text string, form *regexp.Regexp) (resource.Quantity, bool) {
	if !form.MatchString(text) {
		return resource.Quantity{}, false
	}
	q, err := resource.ParseQuantity(text)
	return q, err == nil
}

func (r Resources) validate(found *field.ErrorList, path *field.Path) {
	check := func(key, text, example string, form *regexp.Regexp, minimum string) (resource.Quantity, bool) {
		amount, ok := amountOf(text, form, minimum)
		if !ok {
			problems.Invalid(found, path.Child(key), "is %q, want an amount such as %s", text, example)
		}
		return amount, ok
	}
	const oneMi = "1Mi"
	check("resources.cpu", r.CPU, `"4" or "500m"`, coreAmount, "1m")
	memory, memoryOK := check("resources.memory", r.Memory, `"12Gi"`, byteAmount, oneMi)
	shm, shmOK := check("resources.shmSize", r.ShmSize, `"2Gi"`, byteAmount, oneMi)
	check("resources.disk", r.Disk, `"60Gi"`, byteAmount, oneMi)
	if memoryOK && shmOK && shm.Cmp(memory) >= 0 {
		problems.Invalid(found, path.Child("resources", "shmSize"), "is %s, want less than resources.memory, which includes it and is %s", r.ShmSize, r.Memory)
	}
}

// amountOf returns a string as a quantity of cores or bytes, and reports whether a node
// can have it.
func amountOf(text string, form *regexp.Regexp, minimum string) (resource.Quantity, bool) {
	amount, ok := parseQuantity(text, form)
	if !ok || amount.Cmp(Quantity(minimum)) < 0 || amount.Cmp(largestQuantity[form]) > 0 || form == byteAmount && !isWhole(amount) {
		return resource.Quantity{}, false
	}
	return amount, true
}

// isWhole reports whether an amount is a whole number.
func isWhole(amount resource.Quantity) bool {
	return amount.Cmp(*resource.NewQuantity(amount.Value(), amount.Format)) == 0
}

// hostMemory is the node's memory that arguments use in addition to the memory that every
// replica needs.
type hostMemory struct {
	gib   float64
	flags []string
}

// hostMemory returns the node's memory that the extra arguments use
// (vllm/config/cache.py, offload.py and multimodal.py at 2f41c894e3): the offloaded KV
// cache of all GPUs together, the offloaded weights of each GPU, and a cache of media in
// each API server and in vLLM's engine.
func (s Spec) hostMemory() hostMemory {
	args, _, err := vllmflags.ParseKnown(VLLMArgs(s))
	if err != nil {
		return hostMemory{}
	}
	servers := 1.0
	if n, ok := args.Float("--api-server-count"); ok && n > 0 {
		servers = n
	}
	var m hostMemory
	for _, part := range []struct {
		flag  string
		times float64
	}{{"--kv-offloading-size", 1}, {"--cpu-offload-gb", float64(max(s.GPU.Count, 1))}, {"--mm-processor-cache-gb", servers + 1}} {
		if size, ok := args.Float(part.flag); ok && size > 0 && size < 1<<20 {
			m.gib += size * part.times
			if part.flag == "--kv-offloading-size" && s.KVCache.HostMemory != "" {
				part.flag = "kvCache.hostMemory"
			}
			m.flags = append(m.flags, part.flag)
		}
	}
	return m
}

func (m hostMemory) String() string {
	return fmt.Sprintf("%g GiB of %s", m.gib, strings.Join(m.flags, " and "))
}

// leastHostMemory is the smallest size of an offloaded KV cache.
const leastHostMemory = "1Gi"

const (
	// memoryGiB is the memory that a replica requests for each GPU in addition to
	// hostMemory.
	memoryGiB = 12
	// leastMemoryGiB is the smallest memory of each GPU's process: CUDA, PyTorch and the
	// weights that it is loading.
	leastMemoryGiB = 4
)

// memory returns the memory that a replica requests by default.
func (m hostMemory) memory(gpus int) string {
	return fmt.Sprintf("%dGi", memoryGiB*gpus+int(math.Ceil(m.gib)))
}

// validateHostMemory refuses a memory limit that the arguments exceed: the kernel would
// kill vLLM.
func (s Spec) validateHostMemory(found *field.ErrorList, path *field.Path) {
	m := s.hostMemory()
	limit, ok := amountOf(s.Resources.Memory, byteAmount, "1Mi")
	if m.gib == 0 || !ok {
		return
	}
	needed := int(math.Ceil(m.gib)) + leastMemoryGiB*max(s.GPU.Count, 1)
	if limit.Cmp(resource.MustParse(fmt.Sprintf("%dGi", needed))) < 0 {
		problems.Invalid(found, path.Child("resources", "memory"), "is %s, and %s and vLLM need at least %dGi; raise it, or lower %s", s.Resources.Memory, m, needed, strings.Join(m.flags, " or "))
	}
}

// Quantity returns a validated string as a quantity; zero if the string is not valid.
func Quantity(text string) resource.Quantity {
	q, _ := resource.ParseQuantity(text)
	return q
}
