// Package engine simulates vLLM's engine: continuous batching with chunked
// prefill under a token budget, paged KV cache, first-come-first-served
// admission and preemption by recomputation. Prefix caching is not simulated:
// every prompt token is computed.
//
// Core is the scheduler, in virtual time: its caller advances the time. Engine runs a
// Core in real time and delivers its tokens.
package engine

import (
	"slices"
	"time"
)

// Timing gives the duration of a step.
type Timing interface {
	Step(Step) time.Duration
}

// Linear is a Timing of constants.
type Linear struct {
	Base            time.Duration
	PerSequence     time.Duration
	PrefillPerToken time.Duration
}

// Step returns the duration of a step by its sequences and prompt tokens.
func (l Linear) Step(s Step) time.Duration {
	return l.Base + time.Duration(len(s.Work))*l.PerSequence + time.Duration(s.PrefillTokens)*l.PrefillPerToken
}

// Config bounds a Core.
type Config struct {
	Blocks           int // of the KV cache
	BlockSize        int // tokens per block
	MaxNumSeqs       int // sequences in one step
	MaxBatchedTokens int // tokens in one step
	// LongPrefillThreshold caps the prompt tokens of one sequence in one step; 0: no cap.
	LongPrefillThreshold int
	MaxLoRAs             int // different adapters in one step
	Timing               Timing
}

// Sequence is one generation: a prompt and the number of tokens to produce.
type Sequence struct {
	PromptTokens int
	TargetTokens int
	Adapter      string // LoRA adapter; empty: the model
	Caller       Caller

	Arrived     time.Time
	Scheduled   time.Time // first admission
	FirstToken  time.Time
	LastToken   time.Time
	Preemptions int

	output   int
	computed int // tokens whose KV is in the cache
	blocks   int
	epoch    int // incremented when a step in flight no longer applies
	running  bool
	deferred bool // skipped because of its adapter
}

// Caller identifies a request.
type Caller struct {
	RequestID string
	// Traceparent is the header with the caller's trace. Default: none.
	Traceparent string
}

// Output returns the number of tokens produced so far.
func (s *Sequence) Output() int { return s.output }

func (s *Sequence) tokens() int { return s.PromptTokens + s.output }

// Core is the scheduler. It is not safe for concurrent use.
type Core struct {
	config  Config
	running []*Sequence // in order of admission
	waiting []*Sequence
	// arrived are sequences that arrived during a step. As in vLLM, they enter the
	// scheduler's queue and its counters when the next step is planned.
	arrived []*Sequence
	free    int
	active  adapters
	// Preemptions counts all preemptions so far.
	Preemptions int
}

// NewCore returns an empty scheduler.
func NewCore(config Config) *Core {
	return &Core{config: config, free: config.Blocks}
}

// Load holds the scheduler's numbers at one moment, like vLLM's gauges: without sequences that
// arrived since the last step was planned.
type Load struct {
	Running, Waiting      int
	Deferred              int // waiting sequences that are skipped because of their adapter
	UsedBlocks, AllBlocks int
}

// KVUsage returns the share of the KV cache in use, 0 to 1.
func (l Load) KVUsage() float64 {
	if l.AllBlocks == 0 {
		return 0
	}
	return float64(l.UsedBlocks) / float64(l.AllBlocks)
}

// Load returns the present load.
func (c *Core) Load() Load {
	deferred := 0
	for _, s := range c.waiting {
		if s.deferred {
			deferred++
		}
	}
	return Load{
		Running: len(c.running), Waiting: len(c.waiting), Deferred: deferred,
		UsedBlocks: c.config.Blocks - c.free, AllBlocks: c.config.Blocks,
	}
}

// Adapters returns the adapters of running and waiting sequences.
func (c *Core) Adapters() []string { return slices.Clone(c.active.names) }

// Add adds a sequence. The next step's planning finds it in the queue.
func (c *Core) Add(s *Sequence, now time.Time) {
	s.Arrived = now
	c.active.add(s.Adapter)
	c.arrived = append(c.arrived, s)
}

// Cancel removes a sequence and frees its blocks at once. It returns false if the sequence has
// ended.
func (c *Core) Cancel(s *Sequence) bool {
	if i := slices.Index(c.running, s); i >= 0 {
		c.running = slices.Delete(c.running, i, i+1)
		c.release(s)
		c.active.remove(s.Adapter)
		return true
	}
	for _, queue := range []*[]*Sequence{&c.waiting, &c.arrived} {
		if i := slices.Index(*queue, s); i >= 0 {
			*queue = slices.Delete(*queue, i, i+1)
			c.active.remove(s.Adapter)
			return true
		}
	}
	return false
}

// release frees a sequence's blocks, and makes the step in flight ignore it.
func (c *Core) release(s *Sequence) {
	c.free += s.blocks
	s.blocks, s.computed, s.running = 0, 0, false
	s.epoch++
}

// Work is the share of one sequence in a step.
type Work struct {
	Sequence *Sequence
	Tokens   int
	// Context is the number of its tokens in the cache before the step. Prompt is true
	// if the step computes its prompt, or tokens that a preemption discarded.
	Context int
	Prompt  bool
	epoch   int
}

// Step is the work that the engine computes at once.
type Step struct {
	Work          []Work
	PrefillTokens int
	DecodeTokens  int
	Preempted     int
	// Adapters are the adapters of sequences after the step. The Engine sets them.
	Adapters []string
	Duration time.Duration
}

// Plan returns the next step: the running sequences in order of admission, then waiting ones
// until tokens, places or blocks are used up. A step without work means that the engine is
// idle.
func (c *Core) Plan(now time.Time) Step {
	c.waiting, c.arrived = append(c.waiting, c.arrived...), nil
	step := Step{Work: make([]Work, 0, len(c.running)+min(len(c.waiting), 1))}
	budget := c.config.MaxBatchedTokens
	for i := 0; i < len(c.running) && budget > 0; i++ {
		s := c.running[i]
		tokens := c.share(s, budget)
		if !c.makeRoom(s, tokens, &step) {
			break
		}
		c.schedule(&step, s, tokens)
		budget -= tokens
	}
	if step.Preempted == 0 { // a preempted sequence needs the blocks
		c.admit(&step, budget, now)
	}
	if len(step.Work) > 0 {
		step.Duration = c.config.Timing.Step(step)
	}
	return step
}

// share returns the number of a sequence's missing tokens that fit into the budget.
func (c *Core) share(s *Sequence, budget int) int {
	tokens := min(s.tokens()-s.computed, budget)
	if limit := c.config.LongPrefillThreshold; limit > 0 {
		tokens = min(tokens, limit)
	}
	return tokens
}

func (c *Core) blocksFor(tokens int) int {
	return (tokens + c.config.BlockSize - 1) / c.config.BlockSize
}

func (c *Core) grow(s *Sequence, tokens int) {
	need := c.blocksFor(s.computed+tokens) - s.blocks
	s.blocks += need
	c.free -= need
}

// makeRoom allocates the blocks for a running sequence's next tokens, and preempts the newest
// sequences until they fit. It returns false if it preempted the sequence itself.
func (c *Core) makeRoom(s *Sequence, tokens int, step *Step) bool {
	for c.blocksFor(s.computed+tokens)-s.blocks > c.free {
		newest := c.running[len(c.running)-1]
		c.running = c.running[:len(c.running)-1]
		c.release(newest)
		newest.Preemptions++
		c.Preemptions++
		step.Preempted++
		c.waiting = slices.Insert(c.waiting, 0, newest)
		if newest == s {
			return false
		}
	}
	c.grow(s, tokens)
	return true
}

func (c *Core) schedule(step *Step, s *Sequence, tokens int) {
	decodes := s.output > 0 && s.computed == s.tokens()-1
	if decodes {
		step.DecodeTokens++
	} else {
		step.PrefillTokens += tokens
	}
	step.Work = append(step.Work, Work{Sequence: s, Tokens: tokens, Context: s.computed, Prompt: !decodes, epoch: s.epoch})
}

// Token is one generated token.
type Token struct {
	Sequence *Sequence
	First    bool
	Since    time.Duration // since the previous token, or since the arrival
	Finished bool
}

// Apply ends a step. Each sequence with its whole prompt in the cache gets a token. A sequence
// with all its tokens leaves, which frees its blocks.
func (c *Core) Apply(step Step, now time.Time) []Token {
	out := make([]Token, 0, len(step.Work))
	for _, w := range step.Work {
		s := w.Sequence
		if !s.running || s.epoch != w.epoch { // cancelled while the step ran
			continue
		}
		s.computed += w.Tokens
		if s.computed < s.tokens() {
			continue
		}
		token := Token{Sequence: s, First: s.output == 0}
		if token.First {
			token.Since, s.FirstToken = now.Sub(s.Arrived), now
		} else {
			token.Since = now.Sub(s.LastToken)
		}
		s.LastToken = now
		s.output++
		if s.output >= s.TargetTokens {
			token.Finished = true
			c.Cancel(s)
		}
		out = append(out, token)
	}
	return out
}

// All returns every sequence in the engine, running ones first.
func (c *Core) All() []*Sequence {
	return slices.Concat(c.running, c.waiting, c.arrived)
}
