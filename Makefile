# The commands of this repository; `make` alone explains them.
GPUS ?= 8
MAX_PODS ?= 110
PART ?=

UP_FLAGS = --gpus=$(GPUS) --max-pods=$(MAX_PODS) --target-kubeconfig=$(TARGET_KUBECONFIG) --simulator-image=$(VLLMSIM_IMAGE) $(if $(YES),--yes)

.PHONY: help up down stop status env logs test verify
help:
	@local/bootstrap help
	@echo '  make test      every test that CI runs'
	@echo '  make verify    format, tidy and lint; fails if the tree changes'

up down stop status env:
	@local/bootstrap $@ $(UP_FLAGS)

logs:
	@local/bootstrap logs $(UP_FLAGS) $(PART)

test verify:
	@local/$@
