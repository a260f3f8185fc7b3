// Command vllmsim replaces `vllm serve` on machines without a GPU. It has the same
// arguments, HTTP API, metrics, loading, queueing and shutdown, with timings and
// memory of a simulated GPU. It runs no model; every response begins with a note
// that it is simulated.
//
// It accepts and refuses flags like vLLM (internal/vllmflags). It reads these
// variables of vLLM: VLLM_API_KEY, VLLM_MAX_N_SEQUENCES,
// VLLM_HTTP_TIMEOUT_KEEP_ALIVE, and for --otlp-traces-endpoint those of OpenTelemetry's
// SDK for http/protobuf (package tracing). For --middleware it supports only the module of
// internal/connections, found in PYTHONPATH. Its own variables are:
//
//	VLLMSIM_GPU            GPU of sizing's catalogue: A10G (default), A10, L4, T4, A6000, L40S,
//	                       A100-40, A100-80, H100, H200
//	VLLMSIM_GPU_COUNT      number of visible GPUs; default: what NVIDIA_VISIBLE_DEVICES or
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
// hang and crash without a parameter happen at the first request. If all replicas
// have VLLMSIM_FAULT_MODELS="org/broken=load-crash", changing one model's id to
// org/broken makes only its replicas crash.
//
// A model may be an address in an object store, or an absolute path, which must be
// a folder. The id at the end of the address or path decides the model's shape.
// The adapters of --lora-modules are served under their names, at most --max-loras
// of them in a batch. An adapter at an absolute path must be a folder.
//
// Not simulated: prefix caching (every prompt token is computed), speculative
// decoding, log probabilities, tool calls, structured and multi-modal input and
// output, TLS, data or context parallelism, and KV blocks of another size than
// 16 tokens. For LoRA: the time that adapters take, their ranks, the cache of
// --max-cpu-loras, and loading at run time. For weights: nothing is read from a
// folder or an object store. These flags are accepted and have no effect. Requests
// for log probabilities and images are refused.
package main
