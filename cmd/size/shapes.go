package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// shapes prints the shape of each config.json file of a folder, or why it has
// none. The name of a file is the model's, with -- for the slash.
func shapes(out io.Writer, folder string) error {
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("--shapes: %s has no *.json files", folder)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	refused := 0
	_, _ = fmt.Fprintln(table, "model\tkind\tparameters\tactive\tweights\tquantisation\tKV cache a token\tcontext")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		id := modelOf(file)
		shape, err := catalogue.ShapeOf(id, text)
		if err != nil {
			refused++
			_, _ = fmt.Fprintf(table, "%s\trefused: %s\n", id, strings.ReplaceAll(err.Error(), "\n", "; "))
			continue
		}
		engine := sizing.Engine{Shape: shape, TensorParallel: 1, PipelineParallel: 1}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%.4g B\t%.3g B\t%.2f GiB\t%s\t%d bytes\t%d\n", id, shape.Kind, shape.Weights.Total()/1e9, shape.ActiveParameters()/1e9,
			engine.WeightsGiB(), shape.Quantization, engine.KVBytesPerToken(), shape.MaxLen)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d of %d files are sized.\n", len(files)-refused, len(files))
	return err
}

// modelOf returns the model's id by the name of its file.
func modelOf(file string) string {
	name := strings.TrimSuffix(filepath.Base(file), ".json")
	for _, suffix := range []string{".config", "_config"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return strings.Replace(name, "--", "/", 1)
}
