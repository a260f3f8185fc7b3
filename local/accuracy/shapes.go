package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// shapes finds models in a folder of config.json files and in the catalogue.
type shapes struct {
	// folder has ORGANISATION/NAME/config.json or ORGANISATION--NAME.json; ""
	// for none.
	folder string
}

var remark = regexp.MustCompile(`\s*\(.*\)\s*$`)

// find is the shape of a model's column, in which remarks stand in brackets. A
// model of which only the size is known gets the shape of the dense model
// nearest to it, without a name: the program itself guesses nothing.
func (s shapes) find(model string, billions float64) (catalogue.Shape, error) {
	id := remark.ReplaceAllString(model, "")
	if id == "" {
		return catalogue.Shape{}, errors.New("model: not stated")
	}
	if s.folder != "" {
		for _, name := range []string{id + "/config.json", strings.ReplaceAll(id, "/", "--") + ".json"} {
			text, err := os.ReadFile(filepath.Join(s.folder, filepath.FromSlash(name)))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return catalogue.Shape{}, err
			}
			shape, err := catalogue.ShapeOf(id, text)
			if err != nil {
				return shape, fmt.Errorf("model: %s: %w", name, err)
			}
			return shape, nil
		}
	}
	shape, ok := catalogue.FindShape(id)
	if !ok && billions > 0 {
		return nearest(id, billions*1e9), nil
	}
	if !ok {
		return shape, fmt.Errorf("model: the shape of %s is not in the catalogue", id)
	}
	return shape, nil
}

// nearest is the dense shape of the catalogue nearest to a number of
// parameters, stretched to it.
func nearest(id string, parameters float64) catalogue.Shape {
	var best catalogue.Shape
	distance := math.Inf(1)
	for _, name := range catalogue.ShapeNames() {
		s, _ := catalogue.FindShape(name)
		if s.MoE.Experts > 0 || s.MLA != (catalogue.MLA{}) || s.Vision != (catalogue.Vision{}) || s.Quantization.Method != "" || len(s.KV) != 1 {
			continue
		}
		if d := math.Abs(math.Log(s.Weights.Total() / parameters)); d < distance {
			best, distance = s, d
		}
	}
	scale := parameters / best.Weights.Total()
	for _, part := range []*float64{&best.Weights.Linear, &best.Weights.KVProjection, &best.Weights.Embedding, &best.Weights.Other} {
		*part *= scale
	}
	best.Name = ""
	best.Quantization = catalogue.QuantizationOf(id)
	return best
}
