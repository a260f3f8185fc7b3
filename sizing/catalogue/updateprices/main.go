// Command updateprices merges newer prices of EC2 instances into prices.tsv.
// Rows of the table that no source has, such as those of NAT gateways, stay.
//
//	go mod download github.com/aws/karpenter-provider-aws@v1.15.2
//	go run ./sizing/catalogue/updateprices -table sizing/catalogue/prices.tsv \
//	    -karpenter $(go env GOMODCACHE)/cache/download/github.com/aws/karpenter-provider-aws/@v/v1.15.2.zip \
//	    -vantage all_gpu_instances.js -date 2026-01-21
//
// Karpenter's module lists us-east-1, the regions of AWS GovCloud and of China.
// The file of -vantage is a list of instances by region, as instances.vantage.sh
// has it; -date is its day. Both are optional, and -vantage may be repeated by
// running the command again.
package main

import (
	"archive/zip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// cnyPerUSD converts the prices of AWS China, which bills in CNY. Users set
// their own prices for another rate.
const cnyPerUSD = 7.0

// wanted matches the instance types that the table holds: those with NVIDIA GPUs
// on x86, and those that nodes without GPUs usually have.
var wanted = regexp.MustCompile(`^((g4dn|g5|g6|g6e|gr6|g7|g7e|p3|p3dn|p4d|p4de|p5|p5en|p6-b200|p6-b300)\.\w+` +
	`|(m5|m5a|m6i|m6a|m7i|m7i-flex|m7a|m8i|c5|c6i|c7i|r5|r6i|r7i|t3|t3a)\.(medium|large|xlarge|2xlarge|4xlarge))$`)

// aRegion matches a region, and no local or Wavelength zone.
var aRegion = regexp.MustCompile(`^[a-z]{2}(-gov)?-[a-z]+-\d$`)

type key struct{ region, name string }

type price struct{ usd, date string }

func main() {
	table := flag.String("table", "sizing/catalogue/prices.tsv", "the table, which is rewritten")
	karpenter := flag.String("karpenter", "", "the zip of the module github.com/aws/karpenter-provider-aws")
	vantage := flag.String("vantage", "", "a list of instances from instances.vantage.sh")
	date := flag.String("date", "", "the day of -vantage, such as 2026-01-21")
	flag.Parse()
	if err := run(*table, *karpenter, *vantage, *date); err != nil {
		fmt.Fprintln(os.Stderr, "updateprices:", err)
		os.Exit(1)
	}
}

func run(table, karpenter, vantage, date string) error {
	head, prices, err := readTable(table)
	if err != nil {
		return err
	}
	if karpenter != "" {
		if err := addKarpenter(prices, karpenter); err != nil {
			return err
		}
	}
	if vantage != "" {
		if err := addVantage(prices, vantage, date); err != nil {
			return err
		}
	}
	return writeTable(table, head, prices)
}

// readTable returns the comments and the header of the table, and its rows.
func readTable(path string) (head []string, prices map[key]price, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	prices = map[key]price{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		fields := strings.Split(line, "\t")
		if strings.HasPrefix(line, "#") || fields[0] == "region" {
			head = append(head, line)
			continue
		}
		if len(fields) != 4 {
			return nil, nil, fmt.Errorf("%s: %q has %d columns, want 4", path, line, len(fields))
		}
		prices[key{fields[0], fields[1]}] = price{fields[2], fields[3]}
	}
	return head, prices, nil
}

func writeTable(path string, head []string, prices map[key]price) error {
	keys := slices.SortedFunc(maps.Keys(prices), func(a, b key) int {
		return strings.Compare(a.region+"\t"+a.name, b.region+"\t"+b.name)
	})
	lines := slices.Clone(head)
	for _, k := range keys {
		lines = append(lines, strings.Join([]string{k.region, k.name, prices[k].usd, prices[k].date}, "\t"))
	}
	return os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644)
}

// add puts a price into the table, unless there is one of the same day or later.
func add(prices map[key]price, region, name string, amount float64, date string) {
	if !wanted.MatchString(name) || !aRegion.MatchString(region) || prices[key{region, name}].date >= date {
		return
	}
	if strings.HasPrefix(region, "cn-") {
		amount /= cnyPerUSD
	}
	prices[key{region, name}] = price{strconv.FormatFloat(amount, 'f', -1, 64), date}
	if strings.HasPrefix(region, "cn-") {
		prices[key{region, name}] = price{fmt.Sprintf("%.4f", amount), date}
	}
}

var (
	generated = regexp.MustCompile(`generated at (\d{4}-\d{2}-\d{2})`)
	ofRegion  = regexp.MustCompile(`^\s*"([a-z0-9-]+)": \{`)
	ofType    = regexp.MustCompile(`"([a-z0-9-]+\.[a-z0-9-]+)": ([0-9.]+)`)
)

// addKarpenter reads Karpenter's generated price lists.
func addKarpenter(prices map[key]price, path string) error {
	module, err := zip.OpenReader(path)
	if err != nil {
		return err
	}
	defer func() { _ = module.Close() }()
	for _, file := range module.File {
		if !strings.Contains(file.Name, "/zz_generated.pricing_") {
			continue
		}
		reader, err := file.Open()
		if err != nil {
			return err
		}
		text, err := io.ReadAll(reader)
		if err != nil {
			return err
		}
		day := generated.FindSubmatch(text)
		if day == nil {
			return fmt.Errorf("%s: it does not say when it was generated", file.Name)
		}
		region := ""
		for line := range strings.Lines(string(text)) {
			if found := ofRegion.FindStringSubmatch(line); found != nil {
				region = found[1]
			}
			for _, found := range ofType.FindAllStringSubmatch(line, -1) {
				amount, err := strconv.ParseFloat(found[2], 64)
				if err != nil {
					return fmt.Errorf("%s: %w", file.Name, err)
				}
				add(prices, region, found[1], amount, string(day[1]))
			}
		}
	}
	return nil
}

// addVantage reads a list of instances with a price for each region.
func addVantage(prices map[key]price, path, date string) error {
	if date == "" {
		return fmt.Errorf("-vantage without -date")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	from, to := strings.Index(string(text), "["), strings.LastIndex(string(text), "]")
	if from < 0 || to < from {
		return fmt.Errorf("%s: it holds no list", path)
	}
	var instances []struct {
		Name    string `json:"apiName"`
		Pricing map[string]struct {
			OnDemand float64 `json:"onDemand"`
		} `json:"pricing"`
	}
	if err := json.Unmarshal(text[from:to+1], &instances); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, i := range instances {
		for region, of := range i.Pricing {
			if of.OnDemand > 0 {
				add(prices, region, i.Name, of.OnDemand, date)
			}
		}
	}
	return nil
}
