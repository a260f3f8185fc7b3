package sizing

import (
	"cmp"
	"math"
	"time"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Storage is the source of the weights when a replica starts.
type Storage string

const (
	// Hub downloads the weights from Hugging Face to the node, then reads them.
	Hub Storage = "hub"
	// S3 streams the weights into the GPU's memory.
	S3 Storage = "s3"
	// EBS reads the weights from a gp3 volume of 1000 MiB/s.
	EBS Storage = "ebs"
	// NVMe reads the weights from the node's local disks, which already hold them.
	NVMe Storage = "nvme"
)

// Storages returns all storages.
func Storages() []Storage { return []Storage{Hub, S3, EBS, NVMe} }

// ColdStart holds the durations between the request for a replica and its first answer.
type ColdStart struct {
	// Node lasts until a new node joins the cluster, Image until the image is on the
	// node, Weights until the weights are in the GPU's memory, Init until the replica
	// answers.
	Node, Image, Weights, Init time.Duration
	// WeightsFloor is the minimum of Weights: the bytes of the weights divided by the
	// bandwidth. It is 0 if the bandwidth is unknown.
	WeightsFloor time.Duration
}

// Load returns the time that every start of a replica needs: weights and
// initialisation.
func (c ColdStart) Load() time.Duration { return c.Weights + c.Init }

// Provision returns the time before the replica starts: a new node and the image.
func (c ColdStart) Provision() time.Duration { return c.Node + c.Image }

// Total returns the sum of all durations.
func (c ColdStart) Total() time.Duration { return c.Provision() + c.Load() }

const (
	// nodeBoot is the time from EC2's start of a GPU instance until the node has joined
	// the cluster: 35 to 60 s more than for other instances, which take 30 s.
	nodeBoot = 90 * time.Second
	// imagePull is a plain pull of vLLM's image of 15 to 20 GB, unpacking included: 4
	// to 6 minutes.
	imagePull = 5 * time.Minute
	// initCold is the time from loaded weights to the first answer: profiling,
	// compilation and CUDA graphs. 294 s were measured without a cache of compiled code
	// (initCold) and 82 s with one (initCache). Without CUDA graphs and compilation, 20
	// s remain (initEager).
	initCold  = 294 * time.Second
	initCache = 82 * time.Second
	initEager = 20 * time.Second
	// hubBytesPerSecond is the rate of a download from Hugging Face's content network
	// to one node. It is an assumption, because the rate changes from day to day; the
	// network's bandwidth is the floor.
	hubBytesPerSecond = 200e6
	// streamed is the share of S3's bandwidth that the streamer reaches (4.9 s with a
	// floor of 3.0 s).
	streamed = 3.0 / 4.9
	// fileBytesPerSecond is the highest rate of reading safetensors from a file (48 s
	// from a disk with a floor of 14.3 s).
	fileBytesPerSecond = gp3BytesPerSecond * 14.3 / 48
	// gp3BytesPerSecond is the rate of the fastest gp3 volume, nvmePerTB the rate of
	// local disks for each TB of them, and nvmeMax the highest rate of local disks.
	gp3BytesPerSecond  = 1000 << 20
	nvmePerTB, nvmeMax = 2e9, 16e9
)

// Start returns the estimated cold start of a replica on an instance type. compiled
// says that compiled code exists from an earlier start. Without an instance type, Node
// and Image take their usual time, and the network's floor is unknown.
func Start(e Engine, instance catalogue.Instance, storage Storage, compiled bool) ColdStart {
	e = e.WithDefaults()
	bytes := e.WeightsGiB() * gib * float64(e.GPUs())
	c := ColdStart{Node: nodeBoot, Image: imagePull, Init: initCold}
	switch {
	case e.EnforceEager:
		c.Init = initEager
	case compiled:
		c.Init = initCache
	}
	network := instance.NetworkGbps * 1e9 / 8
	disk := math.Min(nvmePerTB*float64(instance.NVMeGB)/1000, nvmeMax)
	if disk == 0 {
		disk = gp3BytesPerSecond
	}
	switch storage {
	case S3:
		c.WeightsFloor, c.Weights = transfer(bytes, network), transfer(bytes, cmp.Or(network, hubBytesPerSecond)*streamed)
	case EBS:
		ebs := float64(gp3BytesPerSecond)
		if instance.EBSMiBps > 0 {
			ebs = math.Min(ebs, instance.EBSMiBps*(1<<20))
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

// transfer returns the time that a number of bytes takes at a bandwidth; 0 if the
// bandwidth is unknown.
func transfer(bytes, bandwidth float64) time.Duration {
	if bandwidth <= 0 {
		return 0
	}
	return time.Duration(math.Min(bytes/bandwidth, (24*time.Hour).Seconds()) * float64(time.Second))
}
