// Command vllm-eks runs a Pulumi program: one stack is one environment that serves large
// language models with vLLM. Package stack holds its diagram.
package main

import "github.com/vllm-eks/vllm-eks/stack"

func main() { stack.Run() }
