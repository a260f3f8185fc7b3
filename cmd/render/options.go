package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"github.com/vllm-eks/vllm-eks/internal/render"
)

// options holds the values of the command line.
type options struct {
	file, out         string
	check, helmValues bool
	render.Options
}

func (o *options) define(f *pflag.FlagSet) {
	f.StringVar(&o.out, "out", "", "write one file for each object into the `folder`, and remove files of an earlier run that are no longer rendered")
	f.BoolVar(&o.check, "check", false, "change nothing, and fail if a file of --out differs from the stack file")
	f.StringVar(&o.Model, "model", "", "render only the model with this `name`, without namespaces, rules and dashboards")
	f.BoolVar(&o.Alternatives, "alternatives", false, "also write, into the folder alternatives, the HorizontalPodAutoscaler of each model that KEDA scales")
	f.BoolVar(&o.helmValues, "helm-values", false, "write the values of the chart helm/vllm instead of objects")
	f.StringVar(&o.Secrets.From, "secrets", render.Existing, "`source` of the values of Secrets: existing (you create the Secrets) or external (External Secrets creates them)")
	f.StringVar(&o.Secrets.Store, "secret-store", "", "`name` of the store of External Secrets")
	f.StringVar(&o.Secrets.Kind, "secret-store-kind", "", "`kind` of that store: SecretStore or ClusterSecretStore (default SecretStore)")
	f.StringVar(&o.Secrets.Path, "secret-path", "", "`path` in that store under which huggingFaceToken and apiKey are (default vllm-eks/<stack>)")
}

// errDiffers sets the exit status of --check. The report names the files.
var errDiffers = errors.New("--check: the files differ from the stack file; render them again without --check")

// validate returns the problems of the flags.
func (o *options) validate() error {
	errs := o.Secrets.Validate()
	if o.check && o.out == "" {
		errs = append(errs, errors.New("--check: needs the folder of the files; name it with --out"))
	}
	if o.Alternatives && o.helmValues {
		errs = append(errs, errors.New("--alternatives: cannot be combined with --helm-values; choose one of them"))
	}
	if o.helmValues && o.Secrets.From == render.External {
		errs = append(errs, errors.New("--helm-values: writes no ExternalSecret; render the objects with --secrets external, or create the Secrets"))
	}
	if o.Alternatives && o.out == "" {
		errs = append(errs, errors.New("--alternatives: needs a folder, because the alternatives exclude other objects; name it with --out"))
	}
	return errors.Join(errs...)
}

func (o *options) run(out, messages io.Writer) error {
	if err := o.validate(); err != nil {
		return err
	}
	stack, err := render.Load(o.file)
	if err != nil {
		return err
	}
	files, err := o.files(stack)
	if err != nil {
		return err
	}
	for _, warning := range stack.Config.Size().Warnings() {
		fmt.Fprintln(messages, "warning:", warning)
	}
	if o.out == "" {
		return print(out, files)
	}
	return o.update(out, stack, files)
}

// file is one rendered file.
type file struct {
	name string
	text []byte
}

// files returns the rendered files, in the order of the objects.
func (o *options) files(stack *render.Stack) ([]file, error) {
	of := stack.Objects
	if o.helmValues {
		of = stack.HelmValues
	}
	objects, err := of(o.Options)
	if err != nil {
		return nil, err
	}
	if o.helmValues && o.out == "" && len(objects) > 1 {
		return nil, errors.New("--helm-values: writes one file for each model; name one with --model, or a folder with --out")
	}
	var files []file
	for _, object := range objects {
		text, err := object.YAML()
		if err != nil {
			return nil, err
		}
		files = append(files, file{object.File, text})
	}
	return files, nil
}

// print writes the files as one stream of YAML documents.
func print(out io.Writer, files []file) error {
	var text bytes.Buffer
	for i, f := range files {
		if i > 0 {
			text.WriteString("---\n")
		}
		text.Write(f.text)
	}
	_, err := out.Write(text.Bytes())
	return err
}

// update writes the files into the folder, or reports the differences.
func (o *options) update(out io.Writer, stack *render.Stack, files []file) error {
	texts := map[string][]byte{}
	for _, f := range files {
		texts[f.name] = f.text
	}
	folder := render.Folder{Path: o.out, Owner: o.owner(stack)}
	act := folder.Write
	if o.check {
		act = folder.Changes
	}
	changes, err := act(texts)
	if err != nil {
		return err
	}
	var lines strings.Builder
	for _, c := range changes {
		fmt.Fprintln(&lines, c.Line(!o.check))
	}
	if len(changes) == 0 {
		fmt.Fprintf(&lines, "%s is current: %d files\n", o.out, len(files))
	}
	if _, err := io.WriteString(out, lines.String()); err != nil {
		return err
	}
	if o.check && len(changes) > 0 {
		return errDiffers
	}
	return nil
}

// owner names what the files are rendered from.
func (o *options) owner(stack *render.Stack) string {
	if o.Model != "" {
		return stack.File + ", model " + o.Model
	}
	return stack.File
}
