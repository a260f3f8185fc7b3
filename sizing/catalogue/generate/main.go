// Command generate writes the tables of the catalogue that come from Karpenter's Go module:
// instances.tsv, and in prices.tsv the prices of us-east-1, of AWS GovCloud and of China.
//
//	go generate ./sizing/catalogue
//
// The constant karpenter pins the version of the module. A new instance type with GPUs
// needs a row in specifications.tsv, or a row with the reason for its family in
// excluded.tsv; the command names each missing row.
//
// Prices of other regions come from a list of instances by region, in the format of
// instances.vantage.sh, with the date of the list. A newer price replaces an older one:
//
//	go run ./sizing/catalogue/generate -folder sizing/catalogue -vantage all_gpu_instances.js -date 2026-01-21
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// karpenter is the module with its version.
const karpenter = "github.com/aws/karpenter-provider-aws@v1.15.2"

// Names of the tables. The first two are written by hand.
const (
	specificationsFile = "specifications.tsv"
	excludedFile       = "excluded.tsv"
	instancesFile      = "instances.tsv"
	pricesFile         = "prices.tsv"
)

func main() {
	folder := flag.String("folder", ".", "the folder of the tables")
	vantage := flag.String("vantage", "", "a list of instances from instances.vantage.sh")
	date := flag.String("date", "", "the day of -vantage, such as 2026-01-21")
	flag.Parse()
	if err := run(*folder, *vantage, *date); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(folder, vantage, date string) error {
	m, err := download(context.Background(), karpenter)
	if err != nil {
		return err
	}
	tables, err := generate(m, os.DirFS(folder))
	if err != nil {
		return err
	}
	if vantage != "" {
		if tables[pricesFile], err = mergeVantage(tables[pricesFile], vantage, date); err != nil {
			return err
		}
	}
	for name, text := range tables {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
