// Command speed compares the speed that sizing predicts with measured results of vLLM and other
// serving engines, for a file in the format of testdata/throughput.csv.
package main

import (
	"fmt"
	"os"

	"github.com/vllm-eks/vllm-eks/local/accuracy/measure"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "speed-accuracy:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	return measure.Command("speed-accuracy", arguments, readRows, func(rows []row, shapes measure.Shapes, verbose bool) string {
		return newScore(rows, shapes).text(verbose)
	})
}
