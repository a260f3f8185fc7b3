// Package measure holds the common parts of the comparisons of predictions with measurements.
package measure

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Shapes finds models in folders of config.json files and in the catalogue.
type Shapes struct {
	Folders []string
}

// configNames returns the names that a model's file may have in a folder.
func configNames(id string) []string {
	name := id[strings.LastIndexByte(id, '/')+1:]
	flat := strings.ReplaceAll(id, "/", "--")
	return []string{id + "/config.json", flat + "/config.json", flat + ".config.json", flat + ".json", name + "/config.json", name + ".config.json", name + ".json"}
}

var remark = regexp.MustCompile(`\s*\(.*\)\s*$`)

// Find returns the shape of the model in a column, which may have a remark in brackets. A model of
// which only the size is known gets the shape of the nearest dense model, without a name; only this
// comparison guesses so.
func (s Shapes) Find(model string, billions float64) (catalogue.Shape, error) {
	id := remark.ReplaceAllString(model, "")
	if id == "" {
		return catalogue.Shape{}, errors.New("model: not stated")
	}
	for _, folder := range s.Folders {
		for _, name := range configNames(id) {
			text, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
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

// nearest returns the dense shape of the catalogue with the nearest number of parameters, stretched
// to that number.
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
	best = best.Stretched(parameters)
	best.Name = ""
	return best.WithQuantization(id)
}
