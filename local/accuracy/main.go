// Command accuracy compares what sizing predicts with what vLLM's start-up logs
// say, for a file in the format of testdata/kv-cache-measured.csv.
package main

import (
	"flag"
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
	flags := flag.NewFlagSet("sizing-accuracy", flag.ExitOnError)
	data := flags.String("data", "", "the measurements, a CSV file")
	configs := flags.String("configs", "", "a folder with config.json files of models, as ORG/NAME/config.json or ORG--NAME.json, "+
		"or without ORG (default: the folder of the data, and configs in it)")
	plot := flags.String("plot", "", "where to write the plot of predicted against measured, an SVG file; none if empty")
	verbose := flags.Bool("v", false, "a line for every row")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if *data == "" {
		return fmt.Errorf("DATA is missing; name the file of measurements: make sizing-accuracy DATA=file.csv")
	}
	rows, shapes, err := measure.Read(*data, *configs, readRows)
	if err != nil {
		return err
	}
	s := newScore(rows, shapes)
	fmt.Print(s.text(*verbose))
	if *plot == "" {
		return nil
	}
	if err := s.plot(*plot); err != nil {
		return err
	}
	fmt.Println("Plot:", *plot)
	return nil
}
