// Command vllmsim takes the place of `vllm serve` where there is no GPU: the
// same arguments, the same HTTP API, metrics, loading, queueing and shutdown,
// with timings and memory of the GPU that it pretends to have. It runs no
// model; every answer begins by saying that it is simulated.
//
// Flags are vLLM's, accepted and refused as vLLM does (internal/vllmflags).
// vLLM's own environment is honoured where it matters: VLLM_API_KEY,
// VLLM_MAX_N_SEQUENCES, VLLM_HTTP_TIMEOUT_KEEP_ALIVE. Of --middleware it knows
// the module of internal/connections, found in PYTHONPATH, and refuses others. What only the simulator knows is set by environment:
//
//	VLLMSIM_GPU            card of sizing's catalogue: A10G (default), A10, L4, T4, A6000, L40S,
//	                       A100-40, A100-80, H100, H200
//	VLLMSIM_GPU_COUNT      visible cards; default: what NVIDIA_VISIBLE_DEVICES or
//	                       CUDA_VISIBLE_DEVICES lists, else 8
//	VLLMSIM_LOAD_SECONDS   time to load the model, default 5
//	VLLMSIM_TIME_SCALE     divides loading and engine time, default 1 (10: ten times faster)
//	VLLMSIM_FAULT          a failure to show, default none
//	VLLMSIM_FAULT_MODELS   failures of single models, which take precedence:
//	                       MODEL=FAULT;MODEL=FAULT, MODEL being the id, address or path
//	                       exactly as the argument has it
//
// Faults:
//
//	none
//	slow-load:after=60s    loading takes that long (VLLMSIM_TIME_SCALE applies)
//	load-crash             exit status 1 at the end of loading, like a model that cannot be loaded
//	load-hang              loading never ends; the port stays closed
//	oom                    exit status 1 with CUDA's out-of-memory error while loading
//	host-oom               allocates memory until the container is OOMKilled; refused without a limit
//	hang[:after=30s|:requests=3]   no more tokens; /health stays 200
//	crash[:after=30s|:requests=3]  the engine dies: in-flight requests fail, /health turns 503,
//	                       and five seconds later the process exits with status 1
//
// hang and crash without a parameter happen at the first request. With
// VLLMSIM_FAULT_MODELS="org/broken=load-crash" set for all engines, editing one
// model's id to org/broken gives a crash-looping engine and nothing else changes.
//
// A model may be an address in an object store or an absolute path, which must
// be a folder; its shape is that of the id in which the address or path ends.
// The adapters of --lora-modules are served under their names, so many of them
// in a batch as --max-loras says; one at an absolute path must be a folder.
//
// Not simulated: prefix caching (every prompt token is computed), speculative
// decoding, log probabilities, tool calls, structured and multi-modal input and
// output, TLS, data or context parallelism, and KV blocks of another size than
// 16 tokens. Of LoRA, the time that adapters take, their ranks, what
// --max-cpu-loras keeps, and loading them at run time. Of weights, whatever lies
// in a folder or an object store, and the access to it: nothing is read. The
// flags are accepted and have no effect; requests for log probabilities and
// images are refused.
package main
