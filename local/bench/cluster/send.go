package cluster

import (
	"net/http"

	"github.com/vllm-eks/vllm-eks/internal/load/client"
)

// senders returns the client of each address. Simulated replicas have no prefix cache, so prompts
// may be alike.
func senders(urls []string) []client.Client {
	shared := &http.Client{Transport: client.NewTransport()}
	var list []client.Client
	for _, url := range urls {
		list = append(list, client.Client{
			HTTP: shared, URL: url, Model: servedName, Form: client.Form{API: client.Completions, TokenIDs: true, Exact: true, Alike: true},
		})
	}
	return list
}
