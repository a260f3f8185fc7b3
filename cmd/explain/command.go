package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vllm-eks/vllm-eks/internal/explain"
	"github.com/vllm-eks/vllm-eks/internal/plans"
)

// options are the flags of the command.
type options struct {
	stack, before, after, markdown, json, failOn string
}

// errReached reports that a consequence reaches --fail-on.
var errReached = errors.New("the update is too risky")

// limits are the values of --fail-on.
var limits = []string{string(explain.Deletion), string(explain.Outage), string(explain.Replacement), "never"}

func command(in io.Reader, out io.Writer) *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:   "explain [PREVIEW]",
		Short: "Explain a preview to the reviewer of a pull request",
		Long: `Explain reads what pulumi preview --json wrote, from a file or the standard input, and
writes a comment in Markdown: what happens to each model, node group and part of the platform,
the riskiest first, fit and cost before and after, warnings, and the changed properties without
secrets. Of a preview that failed, it lists the problems.

With PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true, the preview has everything that explain needs.
Without it, the preview lacks the new outputs of the stack: give them with --after.

The exit status is 0, 3 if a consequence reaches --fail-on, and 1 if the preview cannot be read.`,
		Example: `  PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true pulumi preview --json > preview.json
  explain preview.json --json report.json
  explain preview.json --fail-on deletion`,
		Args:          cobra.MaximumNArgs(1),
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(_ *cobra.Command, args []string) error {
			return o.run(in, out, args)
		},
	}
	f := c.Flags()
	f.StringVar(&o.stack, "stack", "", "name of the stack (default: that of the preview)")
	f.StringVar(&o.before, "before", "", "file with the stack outputs of the last update (default: those in the preview)")
	f.StringVar(&o.after, "after", "", "file with the stack outputs of the previewed update (default: those in the preview)")
	f.StringVar(&o.markdown, "markdown", "", "file for the comment (default: the standard output)")
	f.StringVar(&o.json, "json", "", "file for the report as JSON (default: none)")
	f.StringVar(&o.failOn, "fail-on", "never", "exit with status 3 at this consequence or a riskier one: "+strings.Join(limits, ", "))
	return c
}

// run explains one preview.
func (o options) run(in io.Reader, out io.Writer, args []string) error {
	if !slices.Contains(limits, o.failOn) {
		return fmt.Errorf("--fail-on: is %q, want one of %s", o.failOn, strings.Join(limits, ", "))
	}
	preview, err := o.read(in, args)
	if err != nil {
		return err
	}
	report := explain.Explain(preview)
	if err := o.write(out, report); err != nil {
		return err
	}
	if o.failOn != "never" && report.Reaches(explain.Kind(o.failOn)) {
		return fmt.Errorf("--fail-on %s: %w: %s", o.failOn, errReached, report.Worst())
	}
	return nil
}

// read returns the preview with the outputs of the flags.
func (o options) read(in io.Reader, args []string) (p explain.Preview, err error) {
	if len(args) > 0 && args[0] != "-" {
		file, err := os.Open(args[0])
		if err != nil {
			return p, err
		}
		defer func() { _ = file.Close() }() // opened for reading
		in = file
	}
	if p, err = explain.Read(in); err != nil {
		return p, err
	}
	if o.stack != "" {
		p.Stack = o.stack
	}
	if o.before != "" {
		if p.Before, err = outputs("--before", o.before); err != nil {
			return p, err
		}
	}
	if o.after != "" {
		record, err := outputs("--after", o.after)
		if err != nil {
			return p, err
		}
		p.After = &record
	}
	return p, nil
}

// outputs reads a file that pulumi stack output --json wrote.
func outputs(flag, path string) (plans.Record, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return plans.Record{}, fmt.Errorf("%s: %w", flag, err)
	}
	var values map[string]any
	if err := json.Unmarshal(text, &values); err != nil {
		return plans.Record{}, fmt.Errorf("%s: %s: %w; want the output of pulumi stack output --json", flag, path, err)
	}
	record, err := plans.Read(values)
	if err != nil {
		return plans.Record{}, fmt.Errorf("%s: %s: %w", flag, path, err)
	}
	return record, nil
}

// write writes the comment and the report.
func (o options) write(out io.Writer, report explain.Report) error {
	if o.json != "" {
		text, err := json.MarshalIndent(report, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.json, append(text, '\n'), 0o600); err != nil {
			return fmt.Errorf("--json: %w", err)
		}
	}
	if o.markdown == "" {
		_, err := io.WriteString(out, report.Markdown())
		return err
	}
	if err := os.WriteFile(o.markdown, []byte(report.Markdown()), 0o600); err != nil {
		return fmt.Errorf("--markdown: %w", err)
	}
	return nil
}
