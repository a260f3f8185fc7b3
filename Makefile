# Commands of this repository. `make` without a target explains them.
PART ?=

# quote returns a string as one word of the shell.
quote = '$(subst ','\'',$(1))'

UP_FLAGS = --gpus=$(call quote,$(GPUS)) --max-pods=$(call quote,$(MAX_PODS)) --autoscaling=$(call quote,$(AUTOSCALING)) --telemetry=$(call quote,$(TELEMETRY)) \
	--target-kubeconfig=$(call quote,$(TARGET_KUBECONFIG)) --simulator-image=$(call quote,$(VLLMSIM_IMAGE)) \
	$(if $(filter-out 0 n no false,$(YES)),--yes)

# Flags of a comparison of scaling policies.
COMPARE_FLAGS = $(if $(LOADS),-loads=$(call quote,$(LOADS))) $(if $(POLICIES),-policies=$(call quote,$(POLICIES))) $(if $(SEEDS),-seeds=$(call quote,$(SEEDS))) \
	$(if $(MINUTES),-minutes=$(call quote,$(MINUTES))) $(if $(WARM_UP),-warm-up=$(call quote,$(WARM_UP))) $(if $(COLD_START),-cold-start=$(call quote,$(COLD_START))) \
	$(if $(TIME_SCALE),-time-scale=$(call quote,$(TIME_SCALE))) $(if $(RATE),-rate=$(call quote,$(RATE))) \
	$(if $(TRACE),-trace=$(call quote,$(TRACE))) $(if $(MIN),-min=$(call quote,$(MIN))) $(if $(MAX),-max=$(call quote,$(MAX)))

.PHONY: help up down stop status env logs watch preview bench bench-full simulate test test-long verify sizing-accuracy speed-accuracy
help:
	@local/bootstrap help
	@echo '  make test      every test that CI runs; FAST=1: only tests without root, in some minutes'
	@echo '  make test-long the long tests: fifty replicas, benchmarks, faults'
	@echo '  make sizing-accuracy DATA=file.csv [CONFIGS=folder]'
	@echo '                 predictions of GPU memory against startup logs of vLLM'
	@echo '  make speed-accuracy DATA=file.csv [CONFIGS=folder]'
	@echo '                 predictions of speed against measured results'
	@echo '  make bench     compares scaling policies on the embedded Kubernetes: half an hour for each load and'
	@echo '                 seed, with a report in bench-results. SEEDS=1 MINUTES=20 COLD_START=90 RATE=3.5 MAX=10'
	@echo '                 TIME_SCALE=1, LOADS=conversation (code, step, ramp, long-prompts), or TRACE=file.csv'
	@echo '                 (seconds,input_tokens,output_tokens); bench-full: every load, three seeds'
	@echo '  make simulate  the same in a model of the scaling loop, in minutes'
	@echo '  make verify    format, tidy and lint; fails if the tree changes'

up down stop status env:
	@local/bootstrap $@ $(UP_FLAGS)

logs:
	@local/bootstrap logs $(UP_FLAGS) $(call quote,$(PART))

watch:
	@local/bootstrap watch --target-kubeconfig=$(call quote,$(TARGET_KUBECONFIG)) --prometheus=$(call quote,$(PROMETHEUS)) \
		--page=$(call quote,$(PAGE)) --model=$(call quote,$(MODEL))

preview:
	@local/bootstrap preview --stack=$(call quote,$(STACK)) $(if $(filter-out 0 n no false,$(DIFF)),--diff)

test:
	@FAST=$(call quote,$(FAST)) local/test

test-long verify:
	@local/$@

bench:
	@local/compare real $(COMPARE_FLAGS)

bench-full:
	@local/compare real -loads=all -seeds=3 $(COMPARE_FLAGS)

simulate:
	@local/compare model $(COMPARE_FLAGS)

sizing-accuracy:
	@local/$@ $(if $(DATA),-data=$(call quote,$(DATA))) $(if $(CONFIGS),-configs=$(call quote,$(CONFIGS))) $(if $(V),-v)

speed-accuracy:
	@local/$@ $(if $(DATA),-data=$(call quote,$(DATA))) $(if $(CONFIGS),-configs=$(call quote,$(CONFIGS))) $(if $(V),-v)
