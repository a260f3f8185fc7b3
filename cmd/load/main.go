// Command load sends requests to an OpenAI-compatible server at the times of a generated or a
// recorded load, and reports latencies, rates, failures and the share of requests that meets the
// objectives, beside the prediction of sizing:
//
//	go run ./cmd/load http://localhost:8000 --rate 2 --duration 5m
//	go run ./cmd/load https://llm.example.com --trace requests.csv --api-key-env LLM_KEY
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/vllm-eks/vllm-eks/internal/load/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	err := command.New(command.Surroundings{Out: os.Stdout, Messages: os.Stderr, Environment: os.Getenv}).ExecuteContext(ctx)
	switch {
	case err == nil:
	case errors.Is(err, command.ErrInterrupted):
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(130)
	default:
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}
