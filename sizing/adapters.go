package sizing

import (
	"slices"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// vocabularyTypes are dense model types whose classes set embedding_modules, themselves
// or by inheritance. Adapters of these types may change the embedding and the output
// head (vllm/model_executor/models at 2f41c894e3).
var vocabularyTypes = []string{
	"apertus", "cohere", "cohere2", "exaone", "exaone4", "granite", "hyperclovax", "jais2", "llama", "minicpm", "mistral", "nemotron", "phi3", "qwen3", "solar",
}

// vocabularyAdapters reports whether adapters have a part for the vocabulary.
func (e Engine) vocabularyAdapters() bool {
	return slices.Contains(vocabularyTypes, e.Shape.ModelType)
}

// AdaptersGiB returns the memory that vLLM reserves on one GPU for LoRA adapters, in
// GiB, whether they are loaded or not: two low-rank matrices in 16 bit for every linear
// layer and for each of LoRASlots adapters. ok is false for models whose layers differ,
// since their size is unknown.
func (e Engine) AdaptersGiB() (gibibytes float64, ok bool) {
	if e.LoRASlots == 0 {
		return 0, true
	}
	s := e.Shape
	if len(s.KV) != 1 || s.KV[0].Kind == catalogue.State || s.MoE != (catalogue.MoE{}) || s.MLA != (catalogue.MLA{}) || s.Intermediate == 0 {
		return 0, false
	}
	head := s.KV[0].Elements / 2 // keys and values
	hidden, queries, keys := float64(s.Hidden), float64(s.Heads*head), float64(s.KV[0].Heads*head)
	// The matrices of queries, keys, values, gate and up are split by their outputs.
	// The matrices after attention and MLP are split by their inputs. The other
	// dimension of each is whole on every GPU.
	whole := 7 * hidden
	split := 2*queries + 2*keys + 3*float64(s.Intermediate)
	perLayer := float64(e.LoRARank) * (whole + split/float64(max(e.TensorParallel, 1)))
	layers := float64(s.Layers) / float64(max(e.PipelineParallel, 1))
	perAdapter := layers * perLayer
	if e.vocabularyAdapters() {
		// The matrices of the embedding and of the output head are whole on every GPU
		// (VocabParallelEmbeddingWithLoRA and LogitsProcessorWithLoRA in
		// vllm/lora/layers).
		perAdapter += 2 * float64(e.LoRARank) * (float64(s.Vocab) + hidden)
	}
	return 2 * float64(e.LoRASlots) * perAdapter / gib, true
}
