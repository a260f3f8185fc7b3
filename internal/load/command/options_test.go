package command

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// execute runs the command without a server, and returns its output.
func execute(t *testing.T, environment map[string]string, arguments ...string) (out, messages string, err error) {
	t.Helper()
	var written, told bytes.Buffer
	c := New(Surroundings{Out: &written, Messages: &told, Environment: func(name string) string { return environment[name] }})
	c.SetArgs(arguments)
	err = c.ExecuteContext(t.Context())
	return written.String(), told.String(), err
}

// file returns the path of a new file.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// unreachable is an address that refuses connections at once: the discard port of this machine.
const unreachable = "http://127.0.0.1:9"

func TestWrongFlags(t *testing.T) {
	empty := file(t, " \n")
	for name, c := range map[string]struct {
		arguments string
		want      []string
	}{
		"no URL":           {"", []string{"accepts 1 arg"}},
		"unknown":          {"http://h --rat 1", []string{"unknown flag: --rat"}},
		"no number":        {"http://h --rate x", []string{`"--rate"`}},
		"no duration":      {"http://h --duration 5", []string{`"--duration"`, "missing unit"}},
		"no scheme":        {"localhost:8000", []string{"URL: is no address of a server"}},
		"a password":       {"http://me:secret@h", []string{"URL: has a user or a password"}},
		"a query":          {"http://h/v1?key=secret", []string{"URL: has a ? or a #"}},
		"a fragment":       {"http://h/v1#secret", []string{"URL: has a ? or a #"}},
		"no GPUs":          {"http://h --gpu A10G --gpus 0", []string{"--gpus: is 0, want 1 or more"}},
		"API":              {"http://h --api embeddings", []string{`--api: is "embeddings", want completions or chat`}},
		"load":             {"http://h --load tide", []string{`--load: is "tide", want one of poisson, conversation, code`}},
		"several":          {"ftp://h --rate 0 --ttft 0s --max-requests 0", []string{"URL: ", "--rate: is 0", "--ttft: is 0s", "--max-requests: is 0"}},
		"rate":             {"http://h --rate NaN", []string{"--rate: is NaN"}},
		"duration":         {"http://h --duration 10ms --warm-up -1s --timeout -1s --tpot 0s", []string{"--duration: is 10ms", "--warm-up: is -1s", "--timeout: is -1s", "--tpot: is 0s"}},
		"lengths":          {"http://h --input-tokens 0 --output-tokens -2", []string{"--input-tokens: is 0", "--output-tokens: is -2"}},
		"a trace and more": {"http://h --trace x --rate 2 --load code --input-tokens 2", []string{"--rate: cannot be combined with --trace", "--load: cannot", "--input-tokens: cannot"}},
		"no file":          {"http://h --trace /absent.csv", []string{"--trace: open /absent.csv"}},
		"two GPUs":         {"http://h --gpu A10G --instance g5.2xlarge", []string{"--gpu: cannot be combined with --instance"}},
		"GPU":              {"http://h --gpu A9", []string{"--gpu: "}},
		"instance":         {"http://h --instance g9.large", []string{"--instance: "}},
		"GPUs":             {"http://h --instance g5.2xlarge --gpus 4", []string{"--gpus: is 4, and g5.2xlarge has 1"}},
		"no GPU":           {"http://h --gpus 1 --replicas 2 --model-id m --config c", []string{"--gpus: is ignored", "--replicas: is ignored", "--model-id: is ignored", "--config: is ignored"}},
		"replicas":         {"http://h --gpu A10G --replicas 0", []string{"--replicas: is 0"}},
		"two keys":         {"http://h --api-key-env A --api-key-file b", []string{"--api-key-file: cannot be combined"}},
		"no key":           {"http://h --api-key-env sk-by-mistake", []string{"--api-key-env: the environment has no variable of this name"}},
		"no key file":      {"http://h --api-key-file /absent-sk", []string{"--api-key-file: the file cannot be read: no such file"}},
		"an empty key":     {"http://h --api-key-file " + empty, []string{"--api-key-file: the file is empty"}},
		"too many":         {"http://h --rate 100 --duration 1h", []string{"--max-requests: is 10000, and the load has about 360000 requests; lower --rate or --duration"}},
		"a few too many":   {"http://h --rate 1 --duration 1m --max-requests 40", []string{"--max-requests: is 40, and the load has 59 requests with 61690 input and at most 12274 output tokens; lower"}},
		"no request":       {"http://h --rate 0.001 --duration 1s", []string{"--load: the load has no request"}},
	} {
		t.Run(name, func(t *testing.T) {
			out, messages, err := execute(t, nil, strings.Fields(c.arguments)...)
			if err == nil || out+messages != "" {
				t.Fatalf("%v; printed %q, want an error and nothing sent", err, out+messages)
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("no %q in: %v", part, err)
				}
			}
			for _, secret := range []string{"secret", "sk-by-mistake", "absent-sk"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error has what may be a secret: %v", err)
				}
			}
		})
	}
}

// A wrong trace is refused with its line, before a request is sent.
func TestWrongTraces(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "the header",
		"seconds,input_tokens\n1,2\n":          "line 1: no column output_tokens",
		"seconds,input_tokens,output_tokens\n": "no arrivals",
		"seconds,input_tokens,output_tokens\n0,5,5\n1,5,0\n":        `line 3: output_tokens: got "0", want a whole number`,
		"seconds,input_tokens,output_tokens\n0,5,5\nlater,5,5\n":    `line 3: seconds: got "later", want a number`,
		"seconds,input_tokens,output_tokens\n3,5,5\n4,5,5\n2,5,5\n": "line 4: seconds: 2 is before the line above",
	} {
		path := file(t, text)
		if _, _, err := execute(t, nil, unreachable, "--trace", path); err == nil || !strings.HasPrefix(err.Error(), "--trace: "+path+": ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

// A trace that cannot be of seconds, or that lies in the warm-up, is refused.
func TestTracesOfAnotherUnit(t *testing.T) {
	const header = "seconds,input_tokens,output_tokens\n"
	for name, c := range map[string]struct {
		rows      string
		arguments []string
		want      string // none: the load is accepted
	}{
		"milliseconds":                {"0,5,5\n3600000,5,5\n", nil, "--trace: the load lasts 1000h0m0s, want at most 168h0m0s; set --duration"},
		"the first part":              {"0,5,5\n3600000,5,5\n", []string{"--duration", "1h"}, ""},
		"a week":                      {"0,5,5\n604799,5,5\n", nil, ""},
		"everything in the warm-up":   {"0,5,5\n10,5,5\n", []string{"--warm-up", "1m"}, "--trace: the load has no request after --warm-up; lower --warm-up"},
		"the first part is a warm-up": {"0,5,5\n100,5,5\n", []string{"--warm-up", "1m", "--duration", "2s"}, "--trace: the load has no request after --warm-up; lower --warm-up"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := execute(t, nil, append(c.arguments, unreachable, "--trace", file(t, header+c.rows))...)
			if c.want == "" {
				c.want = "no load was sent" // by the server that nobody listens at
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	out, _, err := execute(t, nil, "--help")
	for _, part := range []string{"load URL", "--rate requests", "--trace file", "--api-key-env variable", "exit status"} {
		if err != nil || !strings.Contains(out, part) {
			t.Errorf("%v: no %q in\n%s", err, part, out)
		}
	}
	if strings.Contains(out, "--api-key ") {
		t.Errorf("a flag takes the key itself:\n%s", out)
	}
}

func TestRecordedPart(t *testing.T) {
	path := file(t, "seconds,input_tokens,output_tokens\n100,5,5\n110,6,6\n130,7,7\n")
	for name, c := range map[string]struct {
		o       options
		limited bool
		sent    int
		whole   string
	}{
		"whole":        {options{trace: path}, false, 3, "30s"},
		"first part":   {options{trace: path, duration: 11e9}, true, 2, "11s"},
		"with warm-up": {options{trace: path, warmUp: 5e9, duration: 6e9}, true, 2, "11s"},
		"longer":       {options{trace: path, duration: 3600e9}, true, 3, "30s"},
	} {
		t.Run(name, func(t *testing.T) {
			c.o.maxRequests = 10
			got, err := c.o.recorded(c.limited)
			if err != nil || len(got.arrivals) != c.sent || got.whole().Round(second).String() != c.whole {
				t.Errorf("%v: %d requests in %s, want %d in %s", err, len(got.arrivals), got.whole(), c.sent, c.whole)
			}
		})
	}
}
