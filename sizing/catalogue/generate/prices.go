package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// system matches the usual families of nodes without GPUs: c, m and r from the fifth
// generation and t from the third, on the Nitro System. arm matches families with ARM
// processors, for which the stack has no images.
var (
	system = regexp.MustCompile(`^([cmr]([5-9]|\d\d)|t[3-9])[a-z-]*\.`)
	arm    = regexp.MustCompile(`^[a-z]+\d+g`)
)

// tracked reports whether prices.tsv holds an instance type: a type with GPUs that is
// not excluded, or a system type.
func tracked(name string) bool {
	return !arm.MatchString(name) && (system.MatchString(name) || gpuFamily.MatchString(name) && catalogue.Excluded(name) == "")
}

// regionName matches a region, but not a local or Wavelength zone.
var regionName = regexp.MustCompile(`^[a-z]{2}(-gov)?-[a-z]+-\d$`)

type key struct{ region, name string }

type price struct{ usd, date string }

// priceTable holds prices.tsv: its comments with the header, and its rows.
type priceTable struct {
	head []string
	rows map[key]price
}

func readPrices(text string) (priceTable, error) {
	t := priceTable{rows: map[key]price{}}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		fields := strings.Split(line, "\t")
		if strings.HasPrefix(line, "#") || fields[0] == "region" {
			t.head = append(t.head, line)
			continue
		}
		if len(fields) != 4 {
			return t, fmt.Errorf("%s: %q has %d columns, want 4", pricesFile, line, len(fields))
		}
		t.rows[key{fields[0], fields[1]}] = price{fields[2], fields[3]}
	}
	return t, nil
}

func (t priceTable) String() string {
	keys := slices.SortedFunc(maps.Keys(t.rows), func(a, b key) int {
		return strings.Compare(a.region+"\t"+a.name, b.region+"\t"+b.name)
	})
	lines := slices.Clone(t.head)
	for _, k := range keys {
		lines = append(lines, strings.Join([]string{k.region, k.name, t.rows[k].usd, t.rows[k].date}, "\t"))
	}
	return strings.Join(lines, "\n") + "\n"
}

// add puts a price into the table, unless the table has a later one.
func (t priceTable) add(region, name string, amount float64, date string) {
	k := key{region, name}
	if !tracked(name) || !regionName.MatchString(region) || t.rows[k].date > date {
		return
	}
	usd := strconv.FormatFloat(amount, 'f', -1, 64)
	if catalogue.InChina(region) {
		usd = fmt.Sprintf("%.4f", amount/catalogue.CNYPerUSD)
	}
	t.rows[k] = price{usd, date}
}

// fromKarpenter is the beginning of the comment of prices.tsv that names the module.
const fromKarpenter = "# Karpenter: "

// mergeKarpenter returns prices.tsv with the module's prices, which are those of
// us-east-1, of AWS GovCloud and of China.
func mergeKarpenter(text string, m module) (string, error) {
	t, err := readPrices(text)
	if err != nil {
		return "", err
	}
	var dates []string
	for _, list := range m.Prices {
		for region, prices := range list.Prices {
			dates = append(dates, region+" "+list.Date)
			for name, amount := range prices {
				t.add(region, name, amount, list.Date)
			}
		}
	}
	slices.Sort(dates)
	index := slices.IndexFunc(t.head, func(line string) bool { return strings.HasPrefix(line, fromKarpenter) })
	if index < 0 {
		return "", fmt.Errorf("%s: no comment begins with %q", pricesFile, fromKarpenter)
	}
	t.head[index] = fromKarpenter + m.Version + " of " + m.Date + ", pkg/providers/pricing: " + strings.Join(dates, ", ") + "."
	return t.String(), nil
}

// mergeVantage returns prices.tsv with the prices of a list of instances by region.
func mergeVantage(table, path, date string) (string, error) {
	if date == "" {
		return "", errors.New("-vantage without -date")
	}
	t, err := readPrices(table)
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	start, end := strings.Index(string(text), "["), strings.LastIndex(string(text), "]")
	if start < 0 || end < start {
		return "", fmt.Errorf("%s: it holds no list", path)
	}
	var instances []struct {
		Name    string `json:"apiName"`
		Pricing map[string]struct {
			OnDemand float64 `json:"onDemand"`
		} `json:"pricing"`
	}
	if err := json.Unmarshal(text[start:end+1], &instances); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	for _, i := range instances {
		for region, prices := range i.Pricing {
			if prices.OnDemand > 0 {
				t.add(region, i.Name, prices.OnDemand, date)
			}
		}
	}
	return t.String(), nil
}
