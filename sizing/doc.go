// Package sizing tells, before anything is created, whether a model fits the
// memory of its GPUs, how much it can serve, how long it takes to start, and
// what it costs. It is pure: it opens no file and no connection, and the same
// input gives the same numbers.
//
// The arithmetic follows what vLLM does when it starts: it takes its share of
// the GPU's memory, subtracts the weights, the peak of a profiling run, what
// CUDA and the collective communication hold and, since v0.21, an estimate of
// the CUDA graphs, and makes the KV cache of the rest. Constants are measured
// ones, each with its source; docs/sizing.md has the formulas, and
// `make sizing-accuracy` compares them with start-up logs.
package sizing
