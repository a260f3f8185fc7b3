package config

import (
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
	"github.com/vllm-eks/vllm-eks/spec/account"
)

func TestARegionWithoutAPriceSaysHowFarOffItMayBe(t *testing.T) {
	shared := sizing.Shared{ControlPlanes: 1, NATGateways: 1, PublicIPv4: 1, Nodes: map[string]int{"m6i.large": 2, "g5.2xlarge": 1}}
	for _, region := range account.Regions() {
		c := &Config{Region: region}
		bill := sizing.Account(nil, shared, c.prices())
		warnings := c.priceWarnings(bill.Elsewhere)
		if len(bill.Unpriced) > 0 {
			t.Errorf("in %s, nothing is known of %q", region, bill.Unpriced)
		}
		warned := strings.Contains(strings.Join(warnings, " "), "the catalogue has no price in "+region+" for ")
		if warned != (len(bill.Elsewhere) > 0) {
			t.Errorf("in %s, prices of %q are of another region, and the warnings are %q", region, bill.Elsewhere, warnings)
		}
	}
}

func TestPriceWarnings(t *testing.T) {
	tests := []struct {
		region    string
		elsewhere []string
		want      []string
	}{
		{"us-west-2", nil, nil},
		{"", nil, nil},
		{"sa-east-1", []string{catalogue.NATGateway, "m6i.large"}, []string{"aws:region: the catalogue has no price in sa-east-1 for nat-gateway, m6i.large and uses us-east-1 times 1.70; the price may be 5 % lower"}},
		{"ca-west-1", []string{"g5.2xlarge"}, []string{"aws:region: the catalogue has no price in ca-west-1 for g5.2xlarge and uses us-east-1 times 1.70; the price may be "}},
		{"cn-north-1", nil, []string{"aws:region: AWS bills cn-north-1 in CNY, which the catalogue converts at 7 CNY for 1 USD"}},
	}
	for _, test := range tests {
		got := (&Config{Region: test.region}).priceWarnings(test.elsewhere)
		if len(got) != len(test.want) {
			t.Errorf("%s: %q, want %d warnings", test.region, got, len(test.want))
			continue
		}
		for i, want := range test.want {
			if !strings.HasPrefix(got[i], want) {
				t.Errorf("%s: %q, want %q", test.region, got[i], want)
			}
		}
	}
}
