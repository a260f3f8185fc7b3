package sizing

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Drafter proposes tokens, which the model then checks several at once. The zero
// value is none.
type Drafter struct {
	// Model is the shape of a model of its own that proposes. Default: none.
	Model catalogue.Shape
	// Layers is how many further layers of the model's own kind propose: its layers
	// for the prediction of several tokens (MTP), or the one of an EAGLE head.
	Layers int
	// Tokens is how many are proposed at once.
	Tokens int
	// Unknown reports that its memory is not known.
	Unknown bool
}

// drafter reads what the arguments say of speculative decoding.
func drafter(args *vllmflags.Args) Drafter {
	var config struct {
		Method, Model string
		Tokens        int `json:"num_speculative_tokens"`
	}
	if text, ok := args.String("--speculative-config"); ok && json.Unmarshal([]byte(text), &config) != nil {
		return Drafter{Unknown: true}
	}
	for flag, to := range map[string]*string{"--spec-method": &config.Method, "--spec-model": &config.Model} {
		if text, ok := args.String(flag); ok {
			*to = text
		}
	}
	if n, ok := args.Int("--spec-tokens"); ok {
		config.Tokens = int(n)
	}
	d := Drafter{Tokens: config.Tokens}
	switch {
	case config.Method == "" && config.Model == "":
	case slices.Contains([]string{"ngram", "ngram_gpu", "suffix"}, config.Method):
		// What is proposed comes from the text so far.
	case config.Method == "mtp" || strings.HasSuffix(config.Method, "_mtp"), strings.HasPrefix(config.Method, "eagle"):
		d.Layers = 1
	default:
		model, known := catalogue.FindShape(catalogue.IDOf(config.Model))
		d.Model, d.Unknown = model, !known
	}
	return d
}

// DrafterGiB is what the weights of the drafter take on one GPU, and whether that
// is known.
func (e Engine) DrafterGiB() (size float64, known bool) {
	d := e.Drafter
	if d.Model.Layers > 0 {
		own := e
		own.Shape, own.Drafter = d.Model, Drafter{}
		return own.WeightsGiB(), !d.Unknown
	}
	if d.Layers == 0 || e.Shape.Layers == 0 {
		return 0, !d.Unknown
	}
	// One of the model's layers, and the matrix that joins a hidden state and the
	// embedding of a token (MTP of DeepSeek-V3, EAGLE).
	element, w, q := e.bytesPerElement(), e.Shape.Weights, e.Shape.Quantization
	layers := w.Attention*q.Attention.Bytes(element) + (w.Linear-w.Attention)*q.MLP.Bytes(element) + w.Experts*q.Experts.Bytes(element)
	join := 2 * float64(e.Shape.Hidden) * float64(e.Shape.Hidden) * element
	return float64(d.Layers) * (layers/float64(e.Shape.Layers) + join) / float64(e.TensorParallel) / gib, true
}

// kept are the layers that keep something, those of the drafter included: its
// further layers attend to the whole context. Layers that keep alike count as one
// kind, whoever they are of.
func (e Engine) kept() []catalogue.KVLayers {
	all := slices.Clone(e.Shape.KV)
	for i, k := range all {
		if e.Drafter.Layers > 0 && k.Kind == catalogue.Full {
			all[i].Count += e.Drafter.Layers
			break
		}
	}
	for _, k := range e.Drafter.Model.KV {
		same := slices.IndexFunc(all, func(other catalogue.KVLayers) bool {
			other.Count = k.Count
			return other == k
		})
		if same < 0 {
			all = append(all, k)
		} else {
			all[same].Count += k.Count
		}
	}
	return all
}
