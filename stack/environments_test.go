package stack

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// mayDiffer holds the paths at which the pods of one model differ between the local stack,
// dev and prod. No other path differs, so a test of one stack applies to the others.
var mayDiffer = map[string]string{
	"image":          `^spec\.containers\[0\]\.(image|imagePullPolicy)$`,
	"node selection": `^spec\.(nodeSelector\..*|topologySpreadConstraints.*)$`,
	"sizes":          `^spec\.containers\[0\]\.resources\.|^spec\.volumes\[\d\]\.emptyDir\.sizeLimit$`,
	"times": `^--shutdown-timeout$|^VLLM_ENGINE_READY_TIMEOUT_S$|^spec\.terminationGracePeriodSeconds$|` +
		`^spec\.containers\[0\]\.((startup|liveness)Probe\.(periodSeconds|failureThreshold|terminationGracePeriodSeconds)|lifecycle\.preStop\.sleep\.seconds)$`,
	"what is simulated": `^VLLMSIM_\w+$`,
	"revision":          `^--revision$`,
	"hung replicas":     `^spec\.containers\[0\]\.livenessProbe\.(exec|httpGet)\.|^--(enable-server-load-tracking|disable-access-log-for-endpoints)$`,
}

// TestPodsOfAllEnvironmentsAreAlike compares the pods of the model that all three stacks
// have.
func TestPodsOfAllEnvironmentsAreAlike(t *testing.T) {
	pods := map[string]map[string]string{}
	for _, stack := range stacks {
		for _, r := range mustRecord(t, stack, stackFile(t, stack)).Resources() {
			if r.Type == "kubernetes:apps/v1:Deployment" && r.Name == "mistral-7b" {
				pods[stack] = map[string]string{}
				flatten("", valueAt(r.Inputs, "spec", "template"), pods[stack])
			}
		}
	}
	if len(pods) != len(stacks) || len(pods["prod"]) < 60 {
		t.Fatalf("the pods of %d stacks, that of prod with %d fields", len(pods), len(pods["prod"]))
	}
	used := map[string]bool{}
	for _, stack := range []string{"local", "dev"} {
		for _, difference := range differences(pods["prod"], pods[stack]) {
			path := difference[2:]
			allowed := ""
			for reason, pattern := range mayDiffer {
				if regexp.MustCompile(pattern).MatchString(path) {
					allowed = reason
				}
			}
			if used[allowed] = true; allowed == "" {
				t.Errorf("%s in %s is %q, and %q in prod", path, stack, pods[stack][path], pods["prod"][path])
			}
		}
	}
	for reason := range mayDiffer {
		if !used[reason] {
			t.Errorf("nothing differs by %s: leave it out of the list", reason)
		}
	}
}

// flatten adds the values of a pod by their paths. The path of an argument or a variable
// has its name.
func flatten(path string, value any, into map[string]string) {
	switch v := value.(type) {
	case map[string]any:
		if name, ok := v["name"].(string); ok && strings.HasSuffix(path, "]") && strings.Contains(path, ".env[") {
			text, _ := json.Marshal(v)
			into[name] = string(text)
			return
		}
		for key, inner := range v {
			flatten(strings.TrimPrefix(path+"."+key, "."), inner, into)
		}
	case []any:
		if strings.HasSuffix(path, ".args") {
			flattenArguments(v, into)
			return
		}
		for i, inner := range v {
			flatten(fmt.Sprintf("%s[%d]", path, i), inner, into)
		}
	default:
		into[path] = fmt.Sprint(v)
	}
}

func flattenArguments(args []any, into map[string]string) {
	flag := "the model"
	for _, arg := range args {
		text := fmt.Sprint(arg)
		if strings.HasPrefix(text, "--") {
			flag = text
			into[flag] = ""
			continue
		}
		into[flag] = strings.Join(slices.DeleteFunc([]string{into[flag], text}, func(s string) bool { return s == "" }), " ")
	}
}
