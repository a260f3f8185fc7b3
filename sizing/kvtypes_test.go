package sizing

import (
	"fmt"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
)

// TestBytesOfTheCacheTypes compares with one token of one layer, computed by hand.
func TestBytesOfTheCacheTypes(t *testing.T) {
	tests := []struct {
		model, kind string
		want        int64
	}{
		// Qwen3-8B: 36 layers, 8 KV heads of 128, keys and values.
		{"Qwen/Qwen3-8B", "auto", 8 * 256 * 2},
		{"Qwen/Qwen3-8B", "bfloat16", 8 * 256 * 2},
		{"Qwen/Qwen3-8B", "fp8", 8 * 256},
		{"Qwen/Qwen3-8B", "fp8_e5m2", 8 * 256},
		{"Qwen/Qwen3-8B", "int8_per_token_head", 8 * (256 + 8)},
		{"Qwen/Qwen3-8B", "fp8_per_token_head", 8 * (256 + 8)},
		{"Qwen/Qwen3-8B", "int4_per_token_head", 8 * (128 + 8)},
		{"Qwen/Qwen3-8B", "nvfp4", 8 * (128 + 16)},
		{"Qwen/Qwen3-8B", "nvfp4_4over6", 8 * (128 + 16)},
		// 32 layers of a slot, and 4 of 512 bytes.
		{"Qwen/Qwen3-8B", "turboquant_k8v4", 8 * ((32*(128+64+4) + 4*512 + 35) / 36)},
		{"Qwen/Qwen3-8B", "turboquant_4bit_nc", 8 * ((32*(64+2+64+4) + 4*512 + 35) / 36)},
		{"Qwen/Qwen3-8B", "turboquant_3bit_nc", 8 * ((32*(48+2+48+4) + 4*512 + 35) / 36)},
		// A latent of 576, which is not split.
		{"deepseek-ai/DeepSeek-V2-Lite", "auto", 576 * 2},
		{"deepseek-ai/DeepSeek-V2-Lite", "fp8", 576},
		// Sparse attention also caches the indexer's key of 128 bytes and its scale of
		// 4 bytes.
		{"deepseek-ai/DeepSeek-V3.2", "auto", 576*2 + 132},
		{"deepseek-ai/DeepSeek-V3.2", "fp8_ds_mla", 656 + 132},
		{"deepseek-ai/DeepSeek-V3.2", "fp8", 656 + 132},
	}
	for _, test := range tests {
		t.Run(test.model+" "+test.kind, func(t *testing.T) {
			e := engine(t, test.model, "H100", 1, 8192).WithDefaults()
			e.KVCacheDType = test.kind
			if got := e.tokenBytes(e.Shape.KV[0]); got != test.want {
				t.Errorf("%d bytes, want %d", got, test.want)
			}
		})
	}
}

// TestEveryCacheTypeHasASize checks that a narrower type never takes more than 16 bit,
// and that no type of the table counts as 16 bit by omission.
func TestEveryCacheTypeHasASize(t *testing.T) {
	plain := engine(t, "Qwen/Qwen3-8B", "B200", 1, 8192).WithDefaults()
	limit := plain.tokenBytes(plain.Shape.KV[0])
	for _, kind := range vllmflags.Names("--kv-cache-dtype") {
		e := plain
		e.KVCacheDType = kind
		got := e.tokenBytes(e.Shape.KV[0])
		wide := kind == "auto" || kind == "float16" || kind == "bfloat16"
		if wide != (got == limit) || got <= 0 || got > limit {
			t.Errorf("%s: %d bytes, and 16 bit are %d", kind, got, limit)
		}
	}
}

// TestSizedFlagsChangeEngine checks that every flag with the class Sized changes the
// engine.
func TestSizedFlagsChangeEngine(t *testing.T) {
	values := map[string]string{"--dtype": "float32", "--kv-cache-dtype": "fp8", "--quantization": "awq", "--gpu-memory-utilization": "0.5", "--max-lora-rank": "64", "--convert": "embed", "--spec-method": "mtp", "--speculative-config": `{"method": "mtp"}`, "--limit-mm-per-prompt": `{"image": 2}`}
	plain := engine(t, "Qwen/Qwen3-8B", "A10G", 1, 8192)
	for _, f := range vllmflags.Flags() {
		if f.Memory != vllmflags.Sized {
			continue
		}
		args := []string{"m", f.Name}
		switch value, ok := values[f.Name]; {
		case f.Name == "--enable-prefix-caching":
			args[1] = "--no-enable-prefix-caching"
		case f.Arity == vllmflags.ArityNone:
		case ok:
			args = append(args, value)
		default:
			args = append(args, "2")
		}
		if f.Name == "--max-loras" || f.Name == "--max-lora-rank" {
			args = append(args, "--enable-lora")
		}
		parsed, err := vllmflags.Parse(args)
		if err != nil {
			t.Fatal(err)
		}
		before := plain
		if f.Name == "--max-loras" || f.Name == "--max-lora-rank" {
			before.LoRASlots, before.LoRARank = 1, 16
		}
		if after := before.WithArgs(parsed); fingerprint(before) == fingerprint(after) {
			t.Errorf("%s is classed as sized, and changes nothing", f.Name)
		}
	}
}

// fingerprint returns a text that differs for different engines.
func fingerprint(e Engine) string { return fmt.Sprintf("%+v", e) }
