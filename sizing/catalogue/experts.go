package catalogue

import (
	"cmp"
	"slices"
)

// moe returns the mixture of experts; the zero value if the model has none.
func (c *config) moe() MoE {
	m := MoE{
		Experts:      cmp.Or(c.RoutedExperts, c.NumLocalExperts, int(c.NumExperts), int(c.ErnieExperts)),
		PerToken:     cmp.Or(int(c.ExpertsPerToken), int(c.MoETopK), c.TopKExperts, c.ErniePerToken, c.PerToken, c.OSSPerToken, c.StepPerToken),
		Intermediate: cmp.Or(int(c.MoEIntermediate), c.ExpertWidth, c.ExpertHidden),
	}
	if m.Experts < 2 || m.PerToken < 1 {
		return MoE{}
	}
	m.PerToken = min(m.PerToken, m.Experts)
	if m.Intermediate == 0 {
		m.Intermediate = cmp.Or(c.experts, int(c.IntermediateSize))
	}
	for i := range min(c.NumHiddenLayers, maxLayers) {
		if c.isMoE(i) {
			m.Layers++
		}
	}
	if m.Layers == 0 {
		return MoE{}
	}
	return m
}

// hasExperts reports whether the model has a mixture of experts.
func (c *config) hasExperts() bool {
	return cmp.Or(c.RoutedExperts, c.NumLocalExperts, int(c.NumExperts), int(c.ErnieExperts)) > 1
}

func (c *config) isMoE(layer int) bool {
	freq := c.MoELayerFreq
	switch {
	case !c.hasExperts():
		return false
	case c.HybridPattern != "":
		return layer < len(c.HybridPattern) && c.HybridPattern[layer] == 'E'
	case layer < len(c.MLPLayerTypes):
		return c.MLPLayerTypes[layer] == "sparse"
	case len(c.IsMoELayer) > 0:
		return layer < len(c.IsMoELayer) && c.IsMoELayer[layer] != 0
	case c.MoEFrequency > 1:
		return (layer+1)%c.MoEFrequency == 0
	case len(c.MoELayerList) > 0:
		return slices.Contains(c.MoELayerList, float64(layer))
	case len(c.MoELayers) > 0:
		return slices.Contains(c.MoELayers, float64(layer))
	case len(freq) > 1:
		return layer < len(freq) && freq[layer] != 0
	case layer < max(c.DenseLayers, c.NumDenseLayers, int(c.ErnieStart)) || slices.Contains(c.MLPOnlyLayers, layer):
		return false
	case len(freq) == 1 && freq[0] > 1:
		return layer%int(freq[0]) == 0
	case c.MoELayerStep > 1:
		return (layer+1)%c.MoELayerStep == 0
	case c.DecoderSparseStep > 1:
		return (layer+1)%c.DecoderSparseStep == 0
	case int(c.ErnieInterval) > 1:
		return (layer+1)%int(c.ErnieInterval) == 0
	case c.ExpertPeriod > 1:
		return layer%c.ExpertPeriod == cmp.Or(c.ExpertOffset, c.ExpertPeriod-1)
	}
	return true
}
