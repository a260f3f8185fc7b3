// A Pulumi program: one stack is one environment that serves large language models with
// vLLM. The keys of a stack are in Pulumi.<stack>.yaml. To deploy more resources in the
// same stack, call stack.Deploy in a program of your own instead of stack.Run.
package main

import "github.com/vllm-eks/vllm-eks/stack"

func main() { stack.Run() }
