// Command draw writes configurations of models as lines of JSON, each with the values of the
// Helm chart and with the objects that the builders return. The test of the chart is in another
// module, without the generator.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/helmchart"
	"github.com/vllm-eks/vllm-eks/local/conformance/specs"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// configuration is one line of the output.
type configuration struct {
	Model, Namespace string
	Patched          bool
	Values           map[string]any
	Objects          []map[string]any
}

func main() {
	number := flag.Int("n", 1000, "`number` of valid random configurations")
	flag.Parse()
	out := bufio.NewWriter(os.Stdout)
	err := draw(out, *number)
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "draw:", err)
		os.Exit(1)
	}
}

// draw writes a number of valid random models.
func draw(out io.Writer, number int) error {
	encoder := json.NewEncoder(out)
	random := specs.Random()
	for seed := 0; number > 0; seed++ {
		s := random.Example(seed).WithDefaults()
		if len(manifest.Validate(s, field.NewPath("model"))) > 0 {
			continue
		}
		if err := write(encoder, s); err != nil {
			return fmt.Errorf("the configuration of seed %d: %w", seed, err)
		}
		number--
	}
	return nil
}

// write writes one configuration. The model is valid and has its defaults.
func write(encoder *json.Encoder, s serving.Spec) error {
	c := configuration{Model: s.Name, Namespace: s.Namespace, Patched: s.PodPatch != ""}
	var err error
	if c.Values, err = helmchart.Values(s); err != nil {
		return err
	}
	for _, o := range manifest.Objects(s, "") {
		tree, err := manifest.Tree(o.Object)
		if err != nil {
			return err
		}
		c.Objects = append(c.Objects, manifest.Plain(tree))
	}
	return encoder.Encode(c)
}
