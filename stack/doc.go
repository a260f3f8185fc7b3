// Package stack holds the Pulumi program: one stack is one environment that serves
// large language models with vLLM. Its file stack.go is the diagram.
//
// Run runs the whole program, for a function main. Deploy and Inline serve programs
// that deploy a stack and more: Deploy if the Pulumi CLI starts the program, Inline if
// the Automation API starts it. Each of them refuses a wrong configuration before it
// registers anything, and reports every problem at once.
//
// They export these outputs of the stack, which a program can also read from
// [pulumi.Context.GetCurrentExportMap]:
//
//   - models: for each model by its name, namespace, service, port, url inside
//     the cluster, servedModelName, which requests send as their model, and
//     apiKeySecret, the Secret with the key that clients must send ("" if none)
//   - sizing: for each model by its name, its memory, capacity and cost as one line
//   - pins: for each model by its name, the value of its key pin that keeps the
//     derived numbers, as one line of YAML
//   - clusterPin: the value of the key cluster.pin that keeps the versions, as one
//     line of YAML, on a cluster that the stack creates
//   - plans: for each model by its name, its replicas and what a change of them
//     does, as one line of YAML; costs: the cost of the stack in USD an hour.
//     cmd/explain compares them
//   - deployed: a record for the checks of the next update
package stack
