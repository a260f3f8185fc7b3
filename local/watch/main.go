// Command watch shows the models of a stack, as Prometheus knows them: their numbers in the
// terminal, or the dashboards as a page.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/vllm-eks/vllm-eks/local/watch/page"
	"github.com/vllm-eks/vllm-eks/local/watch/prometheus"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, os.Args[1:], os.Stdout)
	interrupted := ctx.Err() != nil
	stop()
	if err != nil && !interrupted {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run shows the numbers in the terminal, or the page.
func run(ctx context.Context, args []string, out *os.File) error {
	flags := flag.NewFlagSet("watch", flag.ContinueOnError)
	address := flags.String("prometheus", "http://127.0.0.1:9090", "the address of Prometheus")
	model := flags.String("model", "", "NAMESPACE/NAME or NAME of a model; empty: every model, and the first one where a dashboard shows one")
	serve := flags.Bool("serve", false, "serve the dashboards as a page")
	listen := flags.String("listen", "127.0.0.1:0", "with -serve: the address to listen at")
	file := flags.String("file", "", "write the dashboards as a page to this file")
	flags.SetOutput(io.Discard)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(out)
		flags.Usage()
		return nil
	case err != nil:
		return fmt.Errorf("watch: %w; --help lists the flags", err)
	case flags.NArg() > 0:
		return fmt.Errorf("watch: got the argument %q, want flags alone; --help lists them", flags.Arg(0))
	case *serve && *file != "":
		return errors.New("--file: cannot be combined with --serve; remove one of the two")
	}
	s := source{client: prometheus.Client{Address: *address}}
	switch {
	case *serve:
		return servePage(ctx, s, *model, *listen, out)
	case *file != "":
		return writePage(ctx, s, *model, *file, out)
	case term.IsTerminal(int(out.Fd())) && os.Getenv("TERM") != "dumb":
		return screen{out: out, size: func() (int, int, error) { return term.GetSize(int(out.Fd())) }, interval: screenInterval}.show(ctx, s, *model)
	}
	text, err := s.text(ctx, *model)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, printable(text))
	return err
}

// writePage writes the page to a file.
func writePage(ctx context.Context, s source, model, file string, out io.Writer) error {
	p, err := s.page(ctx, model, time.Now())
	if err != nil {
		return err
	}
	p.Models = nil // the links lead to a server
	text, err := page.Render(p)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return fmt.Errorf("PAGE: %w", err)
	}
	fmt.Fprintf(out, "Wrote %s.\n", file)
	return nil
}
