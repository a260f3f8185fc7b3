package vllmflags

import (
	"strings"
	"testing"
)

// TestDangerousValues checks each line of the table as JSON, with a dot and nested, and
// checks similar values that are accepted.
func TestDangerousValues(t *testing.T) {
	refused := map[string][]string{
		"headless":                    {"--api-server-count", "0"},
		"ray":                         {"--distributed-executor-backend", "ray"},
		"launcher":                    {"--distributed-executor-backend=external_launcher"},
		"class of an executor":        {"--distributed-executor-backend", "evil.Executor"},
		"connector":                   {"--kv-transfer-config", `{"kv_connector":"X","kv_connector_module_path":"evil.mod"}`},
		"connector with a dot":        {"--kv-transfer-config.kv_connector_module_path", "evil.mod"},
		"connector with a dot and =":  {"--kv-transfer-config.kv_connector_module_path=evil.mod"},
		"offloading, nested":          {"--kv-transfer-config", `{"kv_connector_extra_config":{"spec_name":"X","spec_module_path":"evil.mod"}}`},
		"tier in a list":              {"--kv-transfer-config", `{"kv_connector_extra_config":{"tiers":[{"type":"X","module_path":"evil.mod"}]}}`},
		"nested with dots":            {"--kv-transfer-config.kv_connector_extra_config.spec_module_path", "evil.mod"},
		"encoder's connector":         {"--ec-transfer-config", `{"ec_connector_module_path":"evil.mod"}`},
		"encoder's cache manager":     {"--ec-manager-config", `{"encoder_cache_manager_cls":"evil.C"}`},
		"compiler":                    {"--compilation-config", `{"backend":"evil.compile"}`},
		"compiler, short":             {"-cc.backend=evil.compile"},
		"compiler with a bare number": {"--compilation-config", `{"backend":"evil.compile","max":1k}`},
		"passes":                      {"--compilation-config", `{"inductor_passes":{"post_grad_custom_post_pass":"evil.f"}}`},
		"drafter":                     {"--speculative-config", `{"method":"custom_class","model":"evil.C"}`},
		"drafter, short":              {"--spec-method", "custom_class"},
		"logging factory":             {"--logging-config", `{"handlers":{"x":{"()":"evil.f"}}}`},
		"logging class":               {"--logging-config", `{"handlers":{"x":{"class":"evil.C"}}}`},
		"scale out":                   {"--enable-scale-out"},
		"tensors in requests":         {"--enable-prompt-embeds"},
		"media tensors in requests":   {"--enable-mm-embeds"},
		"abort endpoint":              {"--tokens-only"},
		"fault endpoints":             {"--enable-fault-tolerance"},
		"elastic endpoints":           {"--enable-elastic-ep"},
	}
	for name, args := range refused {
		t.Run(name, func(t *testing.T) {
			for _, image := range []Image{Stock, Custom} {
				found := CheckExtra(args, nil, image)
				if len(found) != 1 || found[0].Warning || !strings.Contains(found[0].Message, "is not allowed") || strings.Contains(found[0].Message, "evil") {
					t.Errorf("%q: %v", args, found)
				}
			}
		})
	}
	for _, args := range [][]string{
		{"--api-server-count", "2"}, {"--distributed-executor-backend", "mp"}, {"--distributed-executor-backend", "uni"},
		{"--kv-transfer-config", `{"kv_connector":"LMCacheConnectorV1","kv_role":"kv_both"}`},
		{"--compilation-config", `{"backend":"inductor","mode":3}`}, {"-cc.backend", "eager"}, {"--compilation-config", `{"backend":""}`},
		{"--speculative-config", `{"method":"ngram","num_speculative_tokens":3}`}, {"--spec-method", "eagle3"},
		{"--logging-config", `{"version":1,"handlers":{"x":{"class":"logging.StreamHandler"}}}`},
		{"--no-enable-prompt-embeds"},
	} {
		if found := CheckExtra(args, nil, Stock); len(found) > 0 {
			t.Errorf("%q: %v", args, found)
		}
	}
}

// TestDangerousValuesNameFlags checks that the tables name existing flags.
func TestDangerousValuesNameFlags(t *testing.T) {
	for _, d := range dangerousValues {
		if o, ok := options[d.flag]; !ok || o.flag.Arity == ArityNone {
			t.Errorf("%s takes no value", d.flag)
		}
		if d.reason == "" || len(d.values) == 0 {
			t.Errorf("%s: incomplete", d.flag)
		}
	}
	for flag, listed := range choices {
		if o, ok := options[flag]; !ok || len(o.flag.Choices) > 0 || len(listed) < 2 {
			t.Errorf("%s: no such flag, or its choices are closed", flag)
		}
	}
}
