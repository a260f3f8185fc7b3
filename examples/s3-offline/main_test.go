package main

import (
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

func TestExample(t *testing.T) { stacktest.Golden(t, "objects", program) }
