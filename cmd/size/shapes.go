package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// shapes prints the shape of each config.json file of a folder and of its subfolders,
// or why it has none. The name of a file, or of the folder of a config.json, is the
// model's id with -- instead of the slash.
func shapes(out io.Writer, folder string) error {
	var files []string
	for _, pattern := range []string{"*.json", "*/config.json"} {
		found, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			return err
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return fmt.Errorf("--shapes: %s has no *.json files, nor folders with a config.json", folder)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	count, refused := 0, 0
	_, _ = fmt.Fprintln(table, "model\tkind\tparameters\tactive\tweights\tquantisation\tKV cache a token\tcontext")
	for _, file := range files {
		if strings.HasSuffix(file, companion) {
			continue
		}
		text, err := readConfig(file)
		if err != nil {
			return err
		}
		count++
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
	_, err := fmt.Fprintf(out, "%d of %d files are sized.\n", count-refused, count)
	return err
}

// companion is the end of the name of a second file, which describes the quantisation
// of checkpoints whose config.json does not.
const companion = "hf_quant_config.json"

// readConfig returns a config.json file, with the keys of its companion if that exists.
func readConfig(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	prefix, isConfig := strings.CutSuffix(file, "config.json")
	if !isConfig {
		return text, nil
	}
	quantization, err := os.ReadFile(prefix + companion)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return text, nil
	case err != nil:
		return nil, err
	}
	return withQuantization(text, quantization)
}

// modelOf returns the model's id from the name of its file, or from the name of the
// folder of a config.json.
func modelOf(file string) string {
	name := strings.TrimSuffix(filepath.Base(file), ".json")
	if name == "config" {
		name = filepath.Base(filepath.Dir(file))
	}
	for _, suffix := range []string{".config", "_config"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return strings.Replace(name, "--", "/", 1)
}
