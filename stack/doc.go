// Package stack is the Pulumi program: one stack is one environment that serves
// large language models with vLLM. Its file stack.go is the diagram.
//
// Run is the whole program, for a function main. Deploy and Inline are for
// programs that deploy a stack and more: Deploy where the Pulumi CLI starts the
// program, Inline where the Automation API does. Each of them refuses a wrong
// configuration before anything is registered, with every problem at once.
//
// They export these outputs of the stack, which a program also has from
// [pulumi.Context.GetCurrentExportMap]:
//
//   - models: for each model by its name, namespace, service, port, url inside
//     the cluster, servedModelName, which requests name as their model, and
//     apiKeySecret, the Secret with the key that clients must send ("" if none)
//   - sizing: for each model by its name, its memory, capacity and cost as one line
//   - pins: for each model by its name, the value of its key pin that keeps the
//     derived numbers, as one line of YAML
//   - clusterPin: the value of the key cluster.pin that keeps the versions, as one
//     line of YAML, on a cluster that the stack creates
//   - deployed: a record for the checks of the next update
package stack
