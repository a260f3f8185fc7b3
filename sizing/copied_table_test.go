package sizing

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestWidelyCopiedTable checks a widely copied table of models and GPUs row by row:
// docs/sizing.md states the estimate's verdict for each row.
func TestWidelyCopiedTable(t *testing.T) {
	text, err := os.ReadFile("../docs/sizing.md")
	if err != nil {
		t.Fatal(err)
	}
	type try struct {
		instance string
		gpus     int
		verdict  Verdict
	}
	var rows []string
	for _, row := range []struct {
		size, table, model string
		context            int
		tries              []try
	}{
		{"7B", "16GB, g5.xlarge (A10G)", "mistralai/Mistral-7B-Instruct-v0.2", 32768, []try{{"g5.xlarge", 1, Fits}}},
		{"13B", "28GB, g5.2xlarge (A10G)", "meta-llama/Llama-2-13b-chat-hf", 4096, []try{{"g5.2xlarge", 1, DoesNotFit}, {"g5.12xlarge", 2, Fits}}},
		{"34B", "80GB, p4d.24xlarge (A100)", "codellama/CodeLlama-34b-Instruct-hf", 16384, []try{{"p4d.24xlarge", 1, DoesNotFit}, {"p4d.24xlarge", 2, Fits}, {"p4de.24xlarge", 1, Fits}}},
		{"70B", "140GB+, 2x A100", "meta-llama/Llama-2-70b-chat-hf", 4096, []try{{"p4d.24xlarge", 2, DoesNotFit}, {"p4d.24xlarge", 4, Fits}, {"p4de.24xlarge", 2, Fits}}},
	} {
		var verdicts []string
		for _, attempt := range row.tries {
			w := workload(t, row.model, attempt.instance, row.context)
			w.Engine.TensorParallel = attempt.gpus
			e := Size(w)
			if e.Memory.Verdict != attempt.verdict {
				t.Errorf("%s on %s: %s, want %s", row.model, e.Hardware(), e.Memory.Verdict, attempt.verdict)
			}
			verdicts = append(verdicts, fmt.Sprintf("%s: %s", e.Hardware(), e.Memory.Verdict))
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | `%s`, %s tokens: %s |", row.size, row.table, row.model, thousands(row.context), strings.Join(verdicts, "; ")))
	}
	wide, narrow := workload(t, "meta-llama/Llama-2-70b-chat-hf", "p4de.24xlarge", 4096), workload(t, "TheBloke/Llama-2-70B-Chat-AWQ", "p4de.24xlarge", 4096)
	share := narrow.Engine.WithDefaults().WeightsGiB() / wide.Engine.WithDefaults().WeightsGiB()
	rows = append(rows, fmt.Sprintf("of Llama-2-70B, AWQ leaves %.0f %% of the 16-bit weights", 100*share))
	for _, want := range rows {
		if !strings.Contains(string(text), want) {
			t.Errorf("docs/sizing.md does not say\n%s", want)
		}
	}
}
