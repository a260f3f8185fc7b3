package dashboards

import "github.com/vllm-eks/vllm-eks/components/monitoring/rules"

// perModel is the legend of a series of each model.
const perModel = "{{service}}"

// stack returns the dashboard of every model.
func stack() Dashboard {
	return Dashboard{
		Name: "stack", Title: "vLLM stack",
		Description: "Shows the load, the objectives, the cost and the capacity of every model.",
		Rows: []Row{
			row("Now", totals()...),
			row("Models", modelTable()),
			row("Load",
				stacked(chart("Output tokens", TokensPerSecond, "Tokens that each model generates in a second.",
					query(recorded(rules.OutputTokens), perModel))),
				stacked(chart("Input tokens", TokensPerSecond, "Tokens of prompts that each model processes in a second.",
					query(recorded(rules.InputTokens), perModel))),
				chart("Objectives met", Share, "Share of the requests of each model that met the objectives of latency, which is a lower bound.",
					query(recorded(rules.Attained, everyObjective), perModel),
					reference(recorded(rules.ObjectiveShare), perModel+", objective")),
				chart("Time to first token, 95th percentile", Seconds, "Time until the first token that 95 % of the requests do not exceed.",
					query(recorded(rules.TTFT, p95), perModel)),
			),
			row("Cost",
				stacked(chart("Cost of an hour", USD, "Price of the replicas that hold a GPU, in US dollars for each hour.",
					query(recorded(rules.USDPerHour), perModel))),
				chart("Cost of a million output tokens", USD, "Cost of the last hour divided by its output tokens, beside the prediction at the target load.",
					query(recorded(rules.USDPerMillion), perModel+", measured"),
					reference(recorded(rules.PredictedUSDPerMillion), perModel+", predicted")),
			),
			row("Capacity",
				chart("Replicas", Count, "Number of ready replicas of each model, beside the maximum.",
					query(recorded(rules.Ready), perModel),
					reference(recorded(rules.MaxReplicas), perModel+", maximum")),
				chart("KV cache in use", Share, "Share of the KV cache in use, of the fullest replica of each model.",
					query(recorded(rules.KVUsage), perModel)),
				third("Size of the KV cache", Count, "Tokens that the KV cache of one replica holds, as vLLM measured them, beside the prediction.",
					query(recorded(rules.KVTokens), perModel+", measured"),
					reference(recorded(rules.PredictedKVTokens), perModel+", predicted")),
				third("Concurrency", Count, "Largest number of requests that one replica ran at once in the last hour, beside the predicted number that meets the objectives.",
					query(recorded(rules.Concurrency), perModel+", measured"),
					reference(recorded(rules.PredictedConcurrency), perModel+", predicted")),
				third("GPU utilization", Share, "Share of the time in which the GPUs of each model computed.",
					query(recorded(rules.GPUUtilization), perModel)),
			),
		},
	}
}

// totals returns the numbers of the chosen models together.
func totals() []Panel {
	sum := func(name string) string { return "sum(" + recorded(name) + ")" }
	return []Panel{
		number("Output tokens now", TokensPerSecond, "Tokens that the models generate in a second.", query(sum(rules.OutputTokens), "output")),
		number("Running requests", Count, "Requests that replicas process now.", query(sum(rules.Running), "running")),
		number("Waiting requests", Count, "Requests that wait in the queue of a replica.", query(sum(rules.Waiting), "waiting")),
		number("Worst share of objectives met", Share, "Smallest share of requests that met the objectives among the models.",
			query("min("+recorded(rules.Attained, everyObjective)+")", "worst model")),
		number("Replicas now", Count, "Replicas that are ready, beside the number that the autoscaler requests.",
			query(sum(rules.Ready), "ready"), reference(sum(rules.Wanted), "wanted")),
		number("Cost of an hour now", USD, "Price of the replicas that hold a GPU, in US dollars for each hour.", query(sum(rules.USDPerHour), "per hour")),
	}
}

// modelTable returns the table of the models.
func modelTable() Panel {
	return Panel{
		Title: "Models", Unit: Count, Kind: Table, Width: 24,
		Description: "Latest values of each model, whose name leads to its own dashboard.",
		Queries: []Query{
			column("sum "+by+" ("+recorded(rules.Ready)+")", "Ready", Count),
			column("sum "+by+" ("+recorded(rules.Wanted)+")", "Wanted", Count),
			column("sum "+by+" ("+recorded(rules.Running)+")", "Running", Count),
			column("sum "+by+" ("+recorded(rules.Waiting)+")", "Waiting", Count),
			column("sum "+by+" ("+recorded(rules.OutputTokens)+")", "Output", TokensPerSecond),
			column("max "+by+" ("+recorded(rules.TTFT, p95)+")", "TTFT, 95 %", Seconds),
			column("max "+by+" ("+recorded(rules.TPOT, p95)+")", "TPOT, 95 %", Seconds),
			column("min "+by+" ("+recorded(rules.Attained, everyObjective)+")", "Objectives met", Share),
			column("max "+by+" ("+recorded(rules.KVUsage)+")", "KV cache", Share),
			column("sum "+by+" ("+recorded(rules.USDPerHour)+")", "USD an hour", USD),
			column("sum "+by+" ("+recorded(rules.USDPerMillion)+")", "USD a million tokens", USD),
		},
	}
}
