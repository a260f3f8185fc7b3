// Package vllmflags knows the command line of `vllm serve`: which flags exist,
// what values they take, which ones are gone and what replaced them, and which
// ones open a hole. It reads arguments as vLLM's own parser does (Parse), and
// checks a user's additional arguments before anything is deployed (CheckExtra).
//
// The facts are three tables next to this file, one line per flag: flags.tsv,
// removed.tsv and dangerous.tsv. Where upstream's list of choices is longer
// than what could be read (kernel and attention backends, KV cache types),
// the table leaves it open and any value passes, so that the check never
// refuses what vLLM accepts.
package vllmflags

// Source names where the tables were read from. The release parser dump lists
// every flag that the v0.29.0 image registers with its kind; value types,
// choices and short names come from upstream's own sources; what appeared
// later is marked in the last column of flags.tsv (0.31: release notes; main:
// the commit below).
const Source = "vllm-project/vllm: " +
	"vllm/engine/arg_utils.py at 3da8712b5fbb61c79f4cf97345120f96a6cd955e; " +
	"vllm/entrypoints/launchers/cli_args.py at 5606eaf71436c6f235c5b197678ad2a94cf2ef84; " +
	"vllm/utils/argparse_utils.py at c836a6feca5511c326b4369f6fd11cf72090665b; " +
	"runpod-workers/worker-vllm: .cache/vllm_serve_flags.json at 22cddf438f4b797960253f51e83197af51779a3b " +
	"(dump of the v0.29.0 image: 80 on/off pairs, 5 switches, 207 valued flags)"
