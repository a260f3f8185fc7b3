package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestVantageKeepsNewerPrices(t *testing.T) {
	list := filepath.Join(t.TempDir(), "list.js")
	text := `const all = [{"apiName": "g5.xlarge", "pricing": {"us-east-1": {"onDemand": 9}, "sa-east-1": {"onDemand": 1.7}, "us-east-1-bos-1": {"onDemand": 2}, "cn-north-1": {"onDemand": 9.1}}},
		{"apiName": "g5g.xlarge", "pricing": {"us-east-1": {"onDemand": 0.42}}}];`
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	table := "# comment\nregion\ttype\tusd_per_hour\tdate\nus-east-1\tg5.xlarge\t1.006\t2026-08-26\n"
	got, err := mergeVantage(table, list, "2026-01-21")
	want := "# comment\nregion\ttype\tusd_per_hour\tdate\n" +
		"cn-north-1\tg5.xlarge\t1.3000\t2026-01-21\n" +
		"sa-east-1\tg5.xlarge\t1.7\t2026-01-21\n" +
		"us-east-1\tg5.xlarge\t1.006\t2026-08-26\n"
	if err != nil || got != want {
		t.Errorf("%v; the table is\n%s\nwant\n%s", err, got, want)
	}
	if _, err := mergeVantage(table, list, ""); err == nil {
		t.Error("a list of no day is taken")
	}
}
