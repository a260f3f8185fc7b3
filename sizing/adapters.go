package sizing

import "github.com/vllm-eks/vllm-eks/sizing/catalogue"

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
	return 2 * float64(e.LoRASlots) * layers * perLayer / gib, true
}
