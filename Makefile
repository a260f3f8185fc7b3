# The commands of this repository; `make` alone explains them.
PART ?=

# quote makes one word of the shell's out of anything.
quote = '$(subst ','\'',$(1))'

UP_FLAGS = --gpus=$(call quote,$(GPUS)) --max-pods=$(call quote,$(MAX_PODS)) --autoscaling=$(call quote,$(AUTOSCALING)) \
	--target-kubeconfig=$(call quote,$(TARGET_KUBECONFIG)) --simulator-image=$(call quote,$(VLLMSIM_IMAGE)) \
	$(if $(filter-out 0 n no false,$(YES)),--yes)

.PHONY: help up down stop status env logs preview test test-long verify sizing-accuracy
help:
	@local/bootstrap help
	@echo '  make test      every test that CI runs'
	@echo '  make test-long what is too long for that: fifty engines, benchmarks'
	@echo '  make sizing-accuracy DATA=file.csv [CONFIGS=folder] [PLOT=file.svg]'
	@echo '                 predictions of GPU memory against start-up logs of vLLM'
	@echo '  make verify    format, tidy and lint; fails if the tree changes'

up down stop status env:
	@local/bootstrap $@ $(UP_FLAGS)

logs:
	@local/bootstrap logs $(UP_FLAGS) $(call quote,$(PART))

preview:
	@local/bootstrap preview --stack=$(call quote,$(STACK)) $(if $(filter-out 0 n no false,$(DIFF)),--diff)

test test-long verify:
	@local/$@

sizing-accuracy:
	@local/$@ $(if $(DATA),-data=$(call quote,$(DATA))) $(if $(CONFIGS),-configs=$(call quote,$(CONFIGS))) \
		-plot=$(call quote,$(or $(PLOT),sizing-accuracy.svg)) $(if $(V),-v)
