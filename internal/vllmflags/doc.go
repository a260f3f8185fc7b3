// Package vllmflags knows the command line of `vllm serve`: which flags exist,
// what values they take, which ones are gone and what replaced them, and which
// ones open a hole. It reads arguments as vLLM's own parser does (Parse), and
// checks a user's additional arguments before anything is deployed (CheckExtra).
//
// The facts are tables next to this file, with one line for each flag or name:
// flags.tsv, removed.tsv, dangerous.tsv, dangerousvalues.tsv and choices.tsv, and
// quantization.tsv, kvcachedtypes.tsv, loadformats.tsv, toolparsers.tsv and
// reasoningparsers.tsv. Each says since and until which release vLLM has it, and
// where that was read. The last column of flags.tsv says what a flag does to the
// memory of a GPU (Memory).
//
// Names that the tables do not have are refused for the image that the vLLM
// project publishes (Stock) and are a warning for another image or a newer
// release (Custom); what is dangerous is always refused. Lists of values that
// grow with each release (choices.tsv) cause warnings only.
//
// The flags are those of v0.31.0 (TableRelease), not of the default image's
// v0.33.0: no file of a later release could be read. So a flag that is newer is
// refused as unknown unless the image is named, and one that v0.32 or later
// removed passes; a flag that only vLLM's main branch was seen to have is not
// listed. What is known of each release, and from where:
//
//   - v0.29.0: every flag with its kind, from a dump of the image's parser.
//   - v0.30.0: what came and went, from the notes of a third-party tool whose
//     list was taken from vllm/engine/arg_utils.py and cli_args.py at that tag;
//     confirmed by vLLM's own documentation of that release where that was found.
//   - v0.31.0: the same notes for that tag, and upstream's release notes.
//   - Value types, choices and short names: upstream's sources at the commits
//     in Source, which lie between these releases.
package vllmflags

// TableRelease is the newest release whose flags the tables have.
const TableRelease = "v0.31.0"

// Source names the files that the tables were read from.
const Source = "vllm-project/vllm: " +
	"vllm/engine/arg_utils.py at 3da8712b5fbb61c79f4cf97345120f96a6cd955e; " +
	"vllm/entrypoints/launchers/cli_args.py at 5606eaf71436c6f235c5b197678ad2a94cf2ef84; " +
	"vllm/utils/argparse_utils.py at c836a6feca5511c326b4369f6fd11cf72090665b; " +
	"docs.vllm.ai/en/stable/configuration/engine_args as of v0.30.0; " +
	"runpod-workers/worker-vllm: .cache/vllm_serve_flags.json at 22cddf438f4b797960253f51e83197af51779a3b " +
	"(dump of the v0.29.0 image: 80 on/off pairs, 5 switches, 207 valued flags); " +
	"chrisqianz/vllm-cli: RELEASE_NOTES_v0.6.0.0.md at 130cff5ff277bbf231a2fa62c510859cf9f96bf4 (v0.30.0), " +
	"RELEASE_NOTES_v0.8.0.0.md at 5baad3bb3d05bf0a3a9e28739dc51a78af30557a (v0.31.0)"
