package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// module holds the facts of Karpenter's module.
type module struct {
	// Version is a module version such as
	// github.com/aws/karpenter-provider-aws@v1.15.2, and Date the day of its release.
	Version, Date string
	// GPUs, MaxPods and Megabits are by instance type.
	GPUs     map[string]device
	MaxPods  map[string]int
	Megabits map[string]int
	// Prices are in the currency of the region.
	Prices []priceList
}

// device is the GPU of an instance type.
type device struct {
	Product    string
	Count      int
	MemoryGiB  float64
	Capability int // times ten
}

// priceList holds the prices of one file, by region and instance type.
type priceList struct {
	Date   string
	Prices map[string]map[string]float64
}

// download returns the module, which Go fetches from the module proxy and verifies. The
// command only reads the archive, so the module's requirements, such as a newer Go, do
// not matter.
func download(ctx context.Context, version string) (module, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", version)
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOTOOLCHAIN=local")
	cmd.WaitDelay = 10 * time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, runErr := cmd.Output()
	var answer struct{ Zip, Info, Error string }
	if err := json.Unmarshal(output, &answer); err != nil || answer.Zip == "" {
		return module{}, fmt.Errorf("go mod download %s: %w\n%s%s", version, errors.Join(runErr, err), answer.Error, stderr.String())
	}
	text, err := os.ReadFile(answer.Info)
	if err != nil {
		return module{}, err
	}
	var info struct{ Time time.Time }
	if err := json.Unmarshal(text, &info); err != nil {
		return module{}, err
	}
	archive, err := zip.OpenReader(answer.Zip)
	if err != nil {
		return module{}, err
	}
	defer func() { _ = archive.Close() }()
	m, err := read(&archive.Reader)
	if err != nil {
		return module{}, fmt.Errorf("%s: %w", version, err)
	}
	m.Version, m.Date = version, info.Time.Format(time.DateOnly)
	return m, nil
}

// Files of the module, by the end of their names.
const (
	gpuFile       = "/pkg/providers/drametadata/zz_generated_gpu_metadata.go"
	limitsFile    = "/pkg/providers/instancetype/zz_generated.vpclimits.go"
	bandwidthFile = "/pkg/providers/instancetype/zz_generated.bandwidth.go"
	priceFiles    = "/pkg/providers/pricing/zz_generated.pricing_aws"
)

// read returns the facts of the module's archive.
func read(archive *zip.Reader) (module, error) {
	m := module{GPUs: map[string]device{}, MaxPods: map[string]int{}, Megabits: map[string]int{}}
	for _, file := range archive.File {
		var take func(source) error
		switch {
		case strings.HasSuffix(file.Name, gpuFile):
			take = m.takeGPUs
		case strings.HasSuffix(file.Name, limitsFile):
			take = m.takeLimits
		case strings.HasSuffix(file.Name, bandwidthFile):
			take = m.takeBandwidth
		case strings.Contains(file.Name, priceFiles):
			take = m.takePrices
		default:
			continue
		}
		s, err := parse(file)
		if err == nil {
			err = take(s)
		}
		if err != nil {
			return m, fmt.Errorf("%s: %w", file.Name, err)
		}
	}
	if len(m.GPUs) == 0 || len(m.MaxPods) == 0 || len(m.Megabits) == 0 || len(m.Prices) == 0 {
		return m, fmt.Errorf("it has %d types with GPUs, %d with network interfaces, %d with bandwidths and %d price lists; want some of each: the files have other names or forms",
			len(m.GPUs), len(m.MaxPods), len(m.Megabits), len(m.Prices))
	}
	return m, nil
}

// source is a Go file of the module.
type source struct {
	text   string
	parsed *ast.File
}

func parse(file *zip.File) (source, error) {
	reader, err := file.Open()
	if err != nil {
		return source{}, err
	}
	defer func() { _ = reader.Close() }()
	text, err := io.ReadAll(reader)
	if err != nil {
		return source{}, err
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution)
	return source{string(text), parsed}, err
}

// entries returns the elements of a map or struct literal by their keys, which are
// strings or field names.
func entries(literal ast.Expr) map[string]ast.Expr {
	found := map[string]ast.Expr{}
	composite, _ := literal.(*ast.CompositeLit)
	if composite == nil {
		return found
	}
	for _, element := range composite.Elts {
		pair, _ := element.(*ast.KeyValueExpr)
		if pair == nil {
			continue
		}
		switch key := pair.Key.(type) {
		case *ast.BasicLit:
			if name, err := strconv.Unquote(key.Value); err == nil {
				found[name] = pair.Value
			}
		case *ast.Ident:
			found[key.Name] = pair.Value
		}
	}
	return found
}

// items returns the elements of a list literal.
func items(literal ast.Expr) []ast.Expr {
	if composite, ok := literal.(*ast.CompositeLit); ok {
		return composite.Elts
	}
	return nil
}

// table returns the entries of the file's only variable that is a map literal.
func (s source) table() (map[string]ast.Expr, error) {
	for _, declaration := range s.parsed.Decls {
		general, _ := declaration.(*ast.GenDecl)
		if general == nil || general.Tok != token.VAR {
			continue
		}
		for _, spec := range general.Specs {
			for _, value := range spec.(*ast.ValueSpec).Values {
				if found := entries(value); len(found) > 0 {
					return found, nil
				}
			}
		}
	}
	return nil, errors.New("it has no map")
}

// literal returns the first literal inside an expression, unquoted, such as the 15Gi of
// {Value: resource.MustParse("15Gi")}.
func literal(expression ast.Expr) string {
	found := ""
	if expression == nil {
		return found
	}
	ast.Inspect(expression, func(n ast.Node) bool {
		if basic, ok := n.(*ast.BasicLit); ok && found == "" {
			found = strings.Trim(basic.Value, `"`)
		}
		return found == ""
	})
	return found
}

// number returns the whole number of an expression; 0 if there is none.
func number(expression ast.Expr) int {
	n, _ := strconv.Atoi(literal(expression))
	return n
}

var memory = regexp.MustCompile(`^(\d+)(Mi|Gi)$`)

func (m *module) takeGPUs(s source) error {
	table, err := s.table()
	if err != nil {
		return err
	}
	for name, value := range table {
		fields := entries(value)
		devices := items(fields["Devices"])
		d := device{Count: number(fields["Count"])}
		if len(devices) == 0 || len(devices) != d.Count {
			return fmt.Errorf("%s has %d devices and a count of %d", name, len(devices), d.Count)
		}
		description := entries(devices[0])
		attributes := entries(description["Attributes"])
		d.Product = literal(attributes["productName"])
		size := memory.FindStringSubmatch(literal(entries(description["Capacity"])["memory"]))
		major, minor, _ := strings.Cut(literal(attributes["cudaComputeCapability"]), ".")
		minor, _, _ = strings.Cut(minor, ".")
		if d.Capability, err = strconv.Atoi(major + minor); err != nil || size == nil || d.Product == "" {
			return fmt.Errorf("%s has the GPU %q, memory %q and capability %q.%q", name, d.Product, size, major, minor)
		}
		d.MemoryGiB, _ = strconv.ParseFloat(size[1], 64)
		if size[2] == "Mi" {
			d.MemoryGiB /= 1024
		}
		m.GPUs[name] = d
	}
	return nil
}

// takeLimits computes how many pods get an address of the default network card, by the
// formula of EKS's images: interfaces × (addresses − 1) + 2.
func (m *module) takeLimits(s source) error {
	table, err := s.table()
	if err != nil {
		return err
	}
	for name, value := range table {
		fields := entries(value)
		interfaces, addresses := 0, number(fields["IPv4PerInterface"])
		for _, card := range items(fields["NetworkCards"]) {
			if c := entries(card); number(c["NetworkCardIndex"]) == number(fields["DefaultNetworkCardIndex"]) {
				interfaces = number(c["MaximumNetworkInterfaces"])
			}
		}
		if interfaces == 0 || addresses == 0 {
			return fmt.Errorf("%s has %d interfaces with %d addresses", name, interfaces, addresses)
		}
		m.MaxPods[name] = interfaces*(addresses-1) + 2
	}
	return nil
}

func (m *module) takeBandwidth(s source) error {
	table, err := s.table()
	if err != nil {
		return err
	}
	for name, value := range table {
		if m.Megabits[name] = number(value); m.Megabits[name] == 0 {
			return fmt.Errorf("%s has the bandwidth %q", name, literal(value))
		}
	}
	return nil
}

var generatedAt = regexp.MustCompile(`generated at (\d{4}-\d{2}-\d{2})`)

func (m *module) takePrices(s source) error {
	day := generatedAt.FindStringSubmatch(s.text)
	if day == nil {
		return errors.New("it does not say when it was generated")
	}
	regions, err := s.table()
	if err != nil {
		return err
	}
	list := priceList{Date: day[1], Prices: map[string]map[string]float64{}}
	for region, types := range regions {
		list.Prices[region] = map[string]float64{}
		for name, value := range entries(types) {
			amount, err := strconv.ParseFloat(literal(value), 64)
			if err != nil {
				return fmt.Errorf("%s in %s: %w", name, region, err)
			}
			list.Prices[region][name] = amount
		}
	}
	m.Prices = append(m.Prices, list)
	return nil
}

// gpuFamily matches the EC2 families with GPUs: graphics (g, gr) and parallel computing
// (p).
var gpuFamily = regexp.MustCompile(`^(g|gr|p)\d[a-z0-9-]*\.`)

// gpuTypes returns every instance type with GPUs that the module knows, sorted.
func (m module) gpuTypes() []string {
	found := map[string]bool{}
	add := func(names ...string) {
		for _, name := range names {
			found[name] = found[name] || gpuFamily.MatchString(name)
		}
	}
	for name := range m.GPUs {
		found[name] = true
	}
	add(slices.Collect(maps.Keys(m.MaxPods))...)
	add(slices.Collect(maps.Keys(m.Megabits))...)
	for _, list := range m.Prices {
		for _, prices := range list.Prices {
			add(slices.Collect(maps.Keys(prices))...)
		}
	}
	maps.DeleteFunc(found, func(_ string, hasGPU bool) bool { return !hasGPU })
	return slices.Sorted(maps.Keys(found))
}
