//go:build !race

package main

// raceDetector says that the memory of a process is not its own.
const raceDetector = false
