package tokens

import (
	"hash/fnv"
	"strings"
)

// Preamble begins every response, so that nobody mistakes it for a model's.
const Preamble = "This is simulated output: no model was run."

var words = strings.Fields(`the a one its this that each some more most time way day work part case point
place thing right small large early good great new old long next last first other same able kind near
far light water stone river field hill road house light wind cloud night year hand word line
page idea plan step side end start turn move hold keep find give take make come go see know think say
tell ask show call read write build draw count sort join split share load store send wait run stop`)

// Text is the text of a simulated model for a prompt.
type Text struct {
	pieces []string
	state  uint64
	length int
}

// Generate returns the text for a prompt. The same prompt, seed and choice give the same text.
// Its natural length, after which a model would stop by itself, is 40 to 400 tokens.
func Generate(prompt string, seed int64, choice int) *Text {
	h := fnv.New64a()
	_, _ = h.Write([]byte(prompt))
	_, _ = h.Write([]byte{byte(seed), byte(seed >> 8), byte(seed >> 16), byte(choice), byte(choice >> 8)})
	t := &Text{state: h.Sum64() | 1, pieces: Split(Preamble)}
	t.length = 40 + int(t.random()%361)
	return t
}

// random returns the next number of an xorshift generator. It is fast and the same on every
// machine.
func (t *Text) random() uint64 {
	t.state ^= t.state << 13
	t.state ^= t.state >> 7
	t.state ^= t.state << 17
	return t.state
}

// Length returns the natural length in tokens.
func (t *Text) Length() int { return t.length }

// Token returns token i, counted from 0. The text has no end.
func (t *Text) Token(i int) string {
	for len(t.pieces) <= i {
		word := words[t.random()%uint64(len(words))]
		switch t.random() % 12 {
		case 0:
			word += "."
		case 1:
			word += ","
		}
		t.pieces = append(t.pieces, Split(" "+word)...)
	}
	return t.pieces[i]
}
