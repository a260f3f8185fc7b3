//go:build cluster

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	// poolClients share one client of OpenAI's and its connection pool.
	poolClients = 12
	// poolPatience bounds the duration of their requests.
	poolPatience = 2 * time.Minute
)

// openAIPool is OpenAI's client with concurrent requests all the time.
type openAIPool struct {
	process *exec.Cmd
	input   io.Closer
	output  *bufio.Reader
}

// openPool starts the client and waits until each of its clients has a response.
func openPool(t *testing.T, url, model string) *openAIPool {
	t.Helper()
	if err := installPackages("openai"); err != nil {
		t.Fatal(err)
	}
	p := &openAIPool{process: exec.CommandContext(t.Context(), "node", "openai/pool.mjs", url+"/v1", model, strconv.Itoa(poolClients), strconv.Itoa(streamTokens))}
	p.process.Env = append(os.Environ(), "OPENAI_API_KEY=none")
	p.process.Stderr = os.Stderr
	input, err := p.process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := p.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.input, p.output = input, bufio.NewReader(output)
	if err := p.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.process.ProcessState == nil {
			_ = p.process.Process.Kill()
			_ = p.process.Wait() // it was killed
		}
	})
	if line, err := p.output.ReadString('\n'); line != "open\n" {
		t.Fatalf("OpenAI's client: %q, %v", line, err)
	}
	return p
}

// end lets the open requests finish, and reports those that were refused or truncated.
func (p *openAIPool) end(t *testing.T) {
	t.Helper()
	_ = p.input.Close() // the client ends when its input does
	text, err := io.ReadAll(p.output)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.process.Wait(); err != nil {
		t.Fatalf("OpenAI's client: %v", err)
	}
	var seen struct {
		Answered int
		Failed   []string
	}
	if err := json.Unmarshal(text, &seen); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	t.Logf("OpenAI's client: %d requests answered in full, %d not", seen.Answered, len(seen.Failed))
	for i, failure := range seen.Failed {
		if i == 5 {
			break
		}
		t.Errorf("%d of %d requests of OpenAI's client failed: %s", len(seen.Failed), seen.Answered+len(seen.Failed), failure)
	}
}

// expectShares waits until the replicas have answered on average each more requests, and fails
// if one has answered less than half of that.
func expectShares(t *testing.T, namespace string, each int) {
	t.Helper()
	before := answered(t, namespace)
	var shares map[string]int
	await(t, fmt.Sprintf("%d requests are answered by each of %d replicas", each, len(before)), poolPatience, func() bool {
		total := 0
		shares = answered(t, namespace)
		for pod := range shares {
			shares[pod] -= before[pod]
			total += shares[pod]
		}
		return total >= each*len(before)
	})
	t.Logf("requests by replica: %v", shares)
	for pod, share := range shares {
		if share < each/2 {
			t.Errorf("%s has answered %d of %v", pod, share, shares)
		}
	}
}

var requestsServed = regexp.MustCompile(`(?m)^vllm:request_success_total\{.*\} (\d+)`)

// answered returns the number of answered requests of each replica.
func answered(t *testing.T, namespace string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, pod := range replicaPods(t, namespace) {
		counts[pod] = 0
		for _, found := range requestsServed.FindAllStringSubmatch(kubectl(t, "get", "--raw=/api/v1/namespaces/"+namespace+"/pods/"+pod+":8000/proxy/metrics"), -1) {
			n, err := strconv.Atoi(strings.TrimSpace(found[1]))
			if err != nil {
				t.Fatal(err)
			}
			counts[pod] += n
		}
	}
	return counts
}
