package sizing

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// Drafter proposes tokens for speculative decoding; the model then checks several of
// them at once. The zero value means no drafter.
type Drafter struct {
	// Model is the shape of a separate draft model. Default: none.
	Model catalogue.Shape
	// Layers is the number of additional layers of the model's kind that propose
	// tokens: layers for multi-token prediction (MTP), or the layer of an EAGLE head.
	Layers int
	// Tokens is the number of tokens proposed at once.
	Tokens int
	// Unknown reports that the drafter's memory is unknown.
	Unknown bool
}

// drafter returns the drafter that the arguments of speculative decoding describe.
func drafter(args *vllmflags.Args) Drafter {
	var config struct {
		Method, Model string
		Tokens        int `json:"num_speculative_tokens"`
	}
	if text, ok := args.String("--speculative-config"); ok && json.Unmarshal([]byte(text), &config) != nil {
		return Drafter{Unknown: true}
	}
	for flag, field := range map[string]*string{"--spec-method": &config.Method, "--spec-model": &config.Model} {
		if text, ok := args.String(flag); ok {
			*field = text
		}
	}
	if n, ok := args.Int("--spec-tokens"); ok {
		config.Tokens = int(n)
	}
	d := Drafter{Tokens: config.Tokens}
	switch {
	case config.Method == "" && config.Model == "":
	case slices.Contains([]string{"ngram", "ngram_gpu", "suffix"}, config.Method):
		// The proposed tokens come from the text so far, without weights.
	case config.Method == "mtp" || strings.HasSuffix(config.Method, "_mtp"), strings.HasPrefix(config.Method, "eagle"):
		d.Layers = 1
	default:
		model, found := catalogue.FindShape(catalogue.IDOf(config.Model))
		d.Model, d.Unknown = model, !found
	}
	return d
}

// DrafterGiB returns the memory of the drafter's weights on one GPU, in GiB. ok reports
// whether it is known.
func (e Engine) DrafterGiB() (size float64, ok bool) {
	d := e.Drafter
	if d.Model.Layers > 0 {
		draft := e
		draft.Shape, draft.Drafter = d.Model, Drafter{}
		return draft.WeightsGiB(), !d.Unknown
	}
	if d.Layers == 0 || e.Shape.Layers == 0 {
		return 0, !d.Unknown
	}
	// One layer of the model, and the matrix that joins a hidden state with a token's
	// embedding (MTP of DeepSeek-V3, EAGLE).
	element, w, q := e.bytesPerElement(), e.Shape.Weights, e.Shape.Quantization
	layers := w.Attention*q.Attention.Bytes(element) + (w.Linear-w.Attention)*q.MLP.Bytes(element) + w.Experts*q.Experts.Bytes(element)
	join := 2 * float64(e.Shape.Hidden) * float64(e.Shape.Hidden) * element
	return float64(d.Layers) * (layers/float64(e.Shape.Layers) + join) / float64(e.TensorParallel) / gib, true
}

// cachedLayers returns the layers that cache keys, values or states, with those of the
// drafter. Additional layers of the drafter attend to the whole context. Layers of the
// model and of the drafter that cache alike count as one kind.
func (e Engine) cachedLayers() []catalogue.KVLayers {
	layers := slices.Clone(e.Shape.KV)
	for i, k := range layers {
		if e.Drafter.Layers > 0 && k.Kind == catalogue.Full {
			layers[i].Count += e.Drafter.Layers
			break
		}
	}
	for _, k := range e.Drafter.Model.KV {
		index := slices.IndexFunc(layers, func(candidate catalogue.KVLayers) bool {
			candidate.Count = k.Count
			return candidate == k
		})
		if index < 0 {
			layers = append(layers, k)
		} else {
			layers[index].Count += k.Count
		}
	}
	return layers
}
