//go:build race

package main

// raceDetector reports whether the race detector adds to a process's memory.
const raceDetector = true
