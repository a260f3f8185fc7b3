package main

import (
	"archive/zip"
	"os"
	"path/filepath"
	"testing"
)

func TestUpdatePricesKeepsWhatIsNewer(t *testing.T) {
	dir := t.TempDir()
	table, vantage, karpenter := filepath.Join(dir, "prices.tsv"), filepath.Join(dir, "list.js"), filepath.Join(dir, "module.zip")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(table, "# comment\nregion\ttype\tusd_per_hour\tdate\nus-east-1\tnat-gateway\t0.045\t2026-01-01\nus-east-1\tg5.xlarge\t1.006\t2026-08-26\nus-east-1\tg6.xlarge\t0.7\t2025-01-01\n")
	write(vantage, `const all = [{"apiName": "g5.xlarge", "pricing": {"us-east-1": {"onDemand": 9}, "sa-east-1": {"onDemand": 1.7}, "us-east-1-bos-1": {"onDemand": 2}, "cn-north-1": {"onDemand": 9.1}}},
		{"apiName": "g5g.xlarge", "pricing": {"us-east-1": {"onDemand": 0.42}}}];`)
	file, err := os.Create(karpenter)
	if err != nil {
		t.Fatal(err)
	}
	archive := zip.NewWriter(file)
	entry, err := archive.Create("x@v1/pkg/providers/pricing/zz_generated.pricing_aws.go")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := entry.Write([]byte("// generated at 2026-07-20T13:44:30Z\n\t\"us-east-1\": {\n\t\t\"g6.xlarge\": 0.804800, \"m5.large\": 0.096000, \"a1.large\": 0.051000,\n")); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := run(table, karpenter, vantage, "2026-01-21"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(table)
	want := "# comment\nregion\ttype\tusd_per_hour\tdate\n" +
		"cn-north-1\tg5.xlarge\t1.3000\t2026-01-21\n" +
		"sa-east-1\tg5.xlarge\t1.7\t2026-01-21\n" +
		"us-east-1\tg5.xlarge\t1.006\t2026-08-26\n" +
		"us-east-1\tg6.xlarge\t0.8048\t2026-07-20\n" +
		"us-east-1\tm5.large\t0.096\t2026-07-20\n" +
		"us-east-1\tnat-gateway\t0.045\t2026-01-01\n"
	if err != nil || string(got) != want {
		t.Errorf("the table is\n%s\nwant\n%s", got, want)
	}
	if err := run(table, "", vantage, ""); err == nil {
		t.Error("a list of no day is taken")
	}
}
