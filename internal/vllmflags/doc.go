// Package vllmflags describes the command line of `vllm serve`: the existing flags, their
// values, removed flags with their replacements, and dangerous flags. It reads arguments by
// the rules of vLLM's parser (Parse), and checks a user's additional arguments before the
// deployment (CheckExtra).
//
// The data is in tables next to this file, with one line for each flag or name: flags.tsv,
// removed.tsv, dangerous.tsv, dangerousvalues.tsv and choices.tsv, and quantization.tsv,
// kvcachedtypes.tsv, loadformats.tsv, toolparsers.tsv and reasoningparsers.tsv. Each line
// states the releases of vLLM that have the flag or name, and its source. The last column
// of flags.tsv states the effect of a flag on the memory of a GPU (Memory).
//
// A name that the tables do not contain is an error for the image of the vLLM project
// (Stock), and a warning for another image or a newer release (Custom). Dangerous
// arguments are always refused. Lists of values that grow with each release (choices.tsv)
// cause only warnings.
//
// The flags are those of v0.31.0 (TableRelease), not of the default image's v0.33.0,
// because no file of a later release was available. So a newer flag is refused as unknown
// unless the image is set, and a flag that v0.32 or later removed is accepted. The tables
// do not list a flag that only vLLM's main branch has. Sources by release:
//
//   - v0.29.0: every flag with its kind, from a dump of the image's parser.
//   - v0.30.0: added and removed flags, from the notes of a third-party tool whose list
//     was taken from vllm/engine/arg_utils.py and cli_args.py at that tag; confirmed by
//     vLLM's documentation of that release where it was found.
//   - v0.31.0: the same notes for that tag, and upstream's release notes.
//   - Value types, choices and short names: upstream's sources at the commits in Source,
//     which lie between these releases.
package vllmflags

// TableRelease is the newest release whose flags the tables contain.
const TableRelease = "v0.31.0"

// Source names the files from which the tables were read.
const Source = "vllm-project/vllm: " +
	"vllm/engine/arg_utils.py at 3da8712b5fbb61c79f4cf97345120f96a6cd955e; " +
	"vllm/entrypoints/launchers/cli_args.py at 5606eaf71436c6f235c5b197678ad2a94cf2ef84; " +
	"vllm/utils/argparse_utils.py at c836a6feca5511c326b4369f6fd11cf72090665b; " +
	"docs.vllm.ai/en/stable/configuration/engine_args as of v0.30.0; " +
	"runpod-workers/worker-vllm: .cache/vllm_serve_flags.json at 22cddf438f4b797960253f51e83197af51779a3b " +
	"(dump of the v0.29.0 image: 80 on/off pairs, 5 switches, 207 valued flags); " +
	"chrisqianz/vllm-cli: RELEASE_NOTES_v0.6.0.0.md at 130cff5ff277bbf231a2fa62c510859cf9f96bf4 (v0.30.0), " +
	"RELEASE_NOTES_v0.8.0.0.md at 5baad3bb3d05bf0a3a9e28739dc51a78af30557a (v0.31.0)"
