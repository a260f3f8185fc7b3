package sizing

import (
	"cmp"
	"math"
	"time"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Storage is where the weights come from when an engine starts.
type Storage string

const (
	// Hub downloads them from Hugging Face to the node, then reads them.
	Hub Storage = "hub"
	// S3 streams them into the GPU's memory.
	S3 Storage = "s3"
	// EBS reads them from a gp3 volume of 1000 MiB/s.
	EBS Storage = "ebs"
	// NVMe reads them from the node's own disks, where they already are.
	NVMe Storage = "nvme"
)

// Storages are all of them.
func Storages() []Storage { return []Storage{Hub, S3, EBS, NVMe} }

// ColdStart is how long it takes from wanting a replica to having it.
type ColdStart struct {
	// Node is until a new node has joined, Image until the image is on it,
	// Weights until they are in the GPU's memory, Init until the engine answers.
	Node, Image, Weights, Init time.Duration
	// WeightsFloor is what Weights cannot be faster than: their bytes over the
	// bandwidth. It is 0 where that is not known.
	WeightsFloor time.Duration
}

// Load is the part that every start of an engine repeats.
func (c ColdStart) Load() time.Duration { return c.Weights + c.Init }

// Provision is the part before: a node, and the image on it.
func (c ColdStart) Provision() time.Duration { return c.Node + c.Image }

// Total is all of it.
func (c ColdStart) Total() time.Duration { return c.Provision() + c.Load() }

const (
	// nodeBoot is EC2's start of a GPU instance until it has joined the cluster:
	// 35 to 60 s more than that of others, which take 30.
	nodeBoot = 90 * time.Second
	// imagePull is a plain pull of vLLM's 15 to 20 GB, unpacking included: 4 to
	// 6 minutes.
	imagePull = 5 * time.Minute
	// initCold is the engine's start after the weights: profiling, compilation
	// and CUDA graphs. 294 s were measured without, 82 s with a cache of compiled
	// code. Without CUDA graphs and compilation, 20 s remain.
	initCold  = 294 * time.Second
	initCache = 82 * time.Second
	initEager = 20 * time.Second
	// hubBytesPerSecond is a download from Hugging Face's content network into
	// one node: an assumption, since it depends on the day; the floor is the
	// network's bandwidth.
	hubBytesPerSecond = 200e6
	// streamed is what the streamer reaches of S3's bandwidth (4.9 s where 3.0
	// is the floor).
	streamed = 3.0 / 4.9
	// fileBytesPerSecond is what reading safetensors from a file reaches at most
	// (48 s from a disk of which 14.3 s is the floor).
	fileBytesPerSecond = gp3BytesPerSecond * 14.3 / 48
	// gp3BytesPerSecond is the fastest gp3 volume's; nvmePerTB that of the
	// instances' local disks for each TB of them, and nvmeMax their most.
	gp3BytesPerSecond  = 1000 << 20
	nvmePerTB, nvmeMax = 2e9, 16e9
)

// Start estimates the cold start of an engine on an instance type. Compiled
// tells that compiled code is kept from an earlier start. Without an instance
// type, node and image take as long as on any, and the network is the only
// floor that is not known.
func Start(e Engine, on catalogue.Instance, from Storage, compiled bool) ColdStart {
	e = e.WithDefaults()
	bytes := e.WeightsGiB() * gib * float64(e.GPUs())
	c := ColdStart{Node: nodeBoot, Image: imagePull, Init: initCold}
	switch {
	case e.EnforceEager:
		c.Init = initEager
	case compiled:
		c.Init = initCache
	}
	network := on.NetworkGbps * 1e9 / 8
	disk := math.Min(nvmePerTB*float64(on.NVMeGB)/1000, nvmeMax)
	if disk == 0 {
		disk = gp3BytesPerSecond
	}
	switch from {
	case S3:
		c.WeightsFloor, c.Weights = transfer(bytes, network), transfer(bytes, cmp.Or(network, hubBytesPerSecond)*streamed)
	case EBS:
		ebs := float64(gp3BytesPerSecond)
		if on.EBSMiBps > 0 {
			ebs = math.Min(ebs, on.EBSMiBps*(1<<20))
		}
		c.WeightsFloor, c.Weights = transfer(bytes, ebs), transfer(bytes, math.Min(ebs, fileBytesPerSecond))
	case NVMe:
		c.WeightsFloor, c.Weights = transfer(bytes, disk), transfer(bytes, math.Min(disk, fileBytesPerSecond))
	default:
		c.WeightsFloor = transfer(bytes, network)
		download := hubBytesPerSecond
		if network > 0 {
			download = math.Min(download, network)
		}
		c.Weights = transfer(bytes, download) + transfer(bytes, math.Min(disk, fileBytesPerSecond))
	}
	return c
}

// transfer is how long so many bytes take at a bandwidth; 0 where that is not
// known.
func transfer(bytes, bandwidth float64) time.Duration {
	if bandwidth <= 0 {
		return 0
	}
	return time.Duration(math.Min(bytes/bandwidth, (24*time.Hour).Seconds()) * float64(time.Second))
}
