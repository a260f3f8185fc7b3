package sizing

import (
	"slices"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// vocabularyTypes are dense model types whose classes, or those that they derive
// from, set embedding_modules, so that adapters may change the table of tokens and
// the output head (vllm/model_executor/models at 2f41c894e3).
var vocabularyTypes = []string{
	"apertus", "cohere", "cohere2", "exaone", "exaone4", "granite", "hyperclovax", "jais2", "llama", "minicpm", "mistral", "nemotron", "phi3", "qwen3", "solar",
}

// vocabularyAdapters reports whether adapters have a part for the vocabulary.
func (e Engine) vocabularyAdapters() bool {
	return slices.Contains(vocabularyTypes, e.Shape.ModelType)
}

// AdaptersGiB is what vLLM keeps on one GPU for LoRA adapters, loaded or not:
// two thin matrices beside every linear layer, for each adapter that one batch
// may mix, in 16 bit. It is not known (false) of models whose layers are not all
// alike.
func (e Engine) AdaptersGiB() (gibibytes float64, known bool) {
	if e.LoRASlots == 0 {
		return 0, true
	}
	s := e.Shape
	if len(s.KV) != 1 || s.KV[0].Kind == catalogue.State || s.MoE != (catalogue.MoE{}) || s.MLA != (catalogue.MLA{}) || s.Intermediate == 0 {
		return 0, false
	}
	head := s.KV[0].Elements / 2 // keys and values
	hidden, queries, keys := float64(s.Hidden), float64(s.Heads*head), float64(s.KV[0].Heads*head)
	// The matrices of queries, keys, values, gate and up are split by their
	// outputs, those after attention and MLP by their inputs; the other side of
	// each is on every GPU.
	whole := 7 * hidden
	split := 2*queries + 2*keys + 3*float64(s.Intermediate)
	perLayer := float64(e.LoRARank) * (whole + split/float64(max(e.TensorParallel, 1)))
	layers := float64(s.Layers) / float64(max(e.PipelineParallel, 1))
	each := layers * perLayer
	if e.vocabularyAdapters() {
		// Both matrices of the table of tokens and of the output head, whole on every GPU
		// (VocabParallelEmbeddingWithLoRA and LogitsProcessorWithLoRA in vllm/lora/layers).
		each += 2 * float64(e.LoRARank) * (float64(s.Vocab) + hidden)
	}
	return 2 * float64(e.LoRASlots) * each / gib, true
}
