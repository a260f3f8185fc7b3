// Package sizing estimates, before anything is created, whether a model fits the memory
// of its GPUs, how much load it serves, how long it takes to start, and what it costs.
// The package is pure: it opens no file and no connection, and the same input gives the
// same numbers.
//
// The arithmetic follows vLLM's start. vLLM takes its share of the GPU's memory. It
// subtracts the weights, the peak of a profiling run, the memory of CUDA and of
// collective communication and, since v0.21, an estimate of the CUDA graphs. The KV
// cache gets the rest. Constants are measured, each with its source. docs/sizing.md has
// the formulas, and `make sizing-accuracy` compares them with start-up logs.
package sizing
