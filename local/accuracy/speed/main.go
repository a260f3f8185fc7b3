// Command speed compares the speed that sizing predicts with measured results
// of serving engines, for a file in the format of testdata/throughput.csv.
package main

import (
	"flag"
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
	flags := flag.NewFlagSet("speed-accuracy", flag.ExitOnError)
	data := flags.String("data", "", "the measurements, a CSV file")
	configs := flags.String("configs", "", "a folder with config.json files of models (default: the folder of the data, and configs in it)")
	verbose := flags.Bool("v", false, "a line for every row")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if *data == "" {
		return fmt.Errorf("DATA is missing; name the file of measurements: make speed-accuracy DATA=file.csv")
	}
	rows, shapes, err := measure.Read(*data, *configs, readRows)
	if err != nil {
		return err
	}
	fmt.Print(newScore(rows, shapes).text(*verbose))
	return nil
}
