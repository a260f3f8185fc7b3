package catalogue

import "strings"

// blockVendors are the organisations whose copies with the ending -FP8 have a scale
// for each block of so many weights, where no config.json says it: Qwen's have
// weight_block_size [128, 128] (config.json of Qwen3-30B-A3B-FP8 and
// Qwen3-235B-A22B-FP8).
var blockVendors = map[string]int{"qwen": 128}

// blockOf is the width of the FP8 blocks that a model's id tells; 0 if it tells
// none.
func blockOf(id string) int {
	vendor, name, _ := strings.Cut(strings.ToLower(id), "/")
	if !strings.HasSuffix(name, "-fp8") {
		return 0
	}
	return blockVendors[vendor]
}
