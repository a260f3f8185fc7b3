package conformance

import (
	"math"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

const gpus corev1.ResourceName = "nvidia.com/gpu"

// checkResources requires requests that fit on a node of the group.
func checkResources(found *findings, s serving.Spec, engine *corev1.Container) {
	requests, limits := engine.Resources.Requests, engine.Resources.Limits
	same(found, "the requested GPUs", amount(requests, gpus), int64(s.GPU.Count))
	same(found, "the limit of GPUs", amount(limits, gpus), int64(s.GPU.Count))
	cpu, memory, disk := requests[corev1.ResourceCPU], requests[corev1.ResourceMemory], requests[corev1.ResourceEphemeralStorage]
	limit := limits[corev1.ResourceMemory]
	found.need(cpu.MilliValue() >= 1 && cpu.MilliValue() < math.MaxInt64/1000, "the requested cores are %s", cpu.String())
	_, limited := limits[corev1.ResourceCPU]
	found.need(!limited, "the cores have a limit, so that GPUs wait")
	whole(found, "the requested memory", memory)
	whole(found, "the requested disk", disk)
	found.need(memory.Cmp(limit) == 0, "the memory is %s, and its limit %s", memory.String(), limit.String())
	same(found, "--tensor-parallel-size", argument(engine.Args, "--tensor-parallel-size"), int64(s.GPU.Count))
	for _, name := range s.NodeGroup.InstanceTypes {
		instance, err := catalogue.FindInstance(name)
		if err != nil {
			found.addf("the instance type %w", err)
			continue
		}
		fits := func(subject string, requested *resource.Quantity, allocatable *resource.Quantity) {
			found.need(requested.Cmp(*allocatable) <= 0, "%s is %s, and pods on a %s can have %s", subject, requested, name, allocatable)
		}
		fits("the requested cores", &cpu, resource.NewMilliQuantity(int64(instance.AllocatableMilliCPU()), resource.DecimalSI))
		fits("the requested memory", &memory, resource.NewQuantity(int64(instance.AllocatableMiB())<<20, resource.BinarySI))
		found.need(s.GPU.Count <= instance.GPUs, "the requested GPUs are %d, and a %s has %d", s.GPU.Count, name, instance.GPUs)
	}
}

func amount(list corev1.ResourceList, name corev1.ResourceName) int64 {
	q := list[name]
	return q.Value()
}
