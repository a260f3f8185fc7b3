// Command accuracy compares the memory that sizing predicts with startup logs of vLLM, for a file
// in the format of testdata/kv-cache-measured.csv.
package main

import (
	"fmt"
	"os"

	"github.com/vllm-eks/vllm-eks/local/accuracy/measure"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "sizing-accuracy:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	return measure.Command("sizing-accuracy", arguments, readRows, func(rows []row, shapes measure.Shapes, verbose bool) string {
		return newScore(rows, shapes).text(verbose)
	})
}
