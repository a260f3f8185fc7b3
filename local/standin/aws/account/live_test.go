package account

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// liveSize returns the size that the provider reads of the platform's node group.
func liveSize(t *testing.T, s *Session, group *Record) float64 {
	t.Helper()
	got, problems, err := s.Call("aws:eks/getNodeGroup:getNodeGroup", props{"clusterName": "llm", "nodeGroupName": group.Outputs["nodeGroupName"]})
	if err != nil || len(problems) > 0 {
		t.Fatalf("%v, %v", problems, err)
	}
	return numberAt(got, "scalingConfigs[].desiredSize")
}

// edited returns a node group's inputs with another size.
func edited(group *Record, low, high, desired float64) props {
	inputs := maps.Clone(group.Inputs)
	inputs["scalingConfig"] = props{"minSize": low, "maxSize": high, "desiredSize": desired}
	return inputs
}

func TestStaleSizeTerminatesNodes(t *testing.T) {
	s := open(t)
	group := platform(t, s)["nodes"]
	name := group.Outputs["nodeGroupName"].(string)
	if err := SetSize(s.store.folder, name, 2); err != nil {
		t.Fatal(err)
	}
	if got := liveSize(t, s, group); got != 2 {
		t.Fatalf("the autoscaler's size is %g", got)
	}
	read, err := s.Read(group.Type, group.ID)
	if err != nil || numberAt(read.Inputs, "scalingConfig.desiredSize") != 2 {
		t.Errorf("a refresh reads %v, %v", read, err)
	}
	// What the provider does not send changes nothing.
	labelled := edited(group, 0, 2, 0)
	labelled["labels"] = props{"a": "b"}
	if _, err := s.Update(group.Type, group.ID, labelled, group.Outputs); err != nil || liveSize(t, s, group) != 2 {
		t.Errorf("another label leaves %g nodes, %v", liveSize(t, s, group), err)
	}
	if events, err := Events(s.store.folder); err != nil || len(events) > 0 {
		t.Errorf("another label did %v, %v", events, err)
	}
	if _, err := s.Update(group.Type, group.ID, edited(group, 0, 3, 0), group.Outputs); err != nil || liveSize(t, s, group) != 0 {
		t.Errorf("another maximum with the size of the creation leaves %g nodes, %v", liveSize(t, s, group), err)
	}
	events, err := Events(s.store.folder)
	if err != nil || len(events) != 1 || events[0].Kind != Terminated || events[0].Nodes != 2 || events[0].Group != group.ID {
		t.Errorf("the events are %v, %v", events, err)
	}
	if err := SetSize(s.store.folder, name, 4); err == nil {
		t.Error("the autoscaler exceeds the maximum")
	}
	if err := SetSize(s.store.folder, "other", 1); err == nil {
		t.Error("a group that there is not gets a size")
	}
}

func TestMinimumAboveTheSizeIsRefused(t *testing.T) {
	s := open(t)
	group := platform(t, s)["nodes"]
	for _, test := range []struct {
		low, high, desired float64
		want               string
	}{
		{1, 2, 0, "Minimum capacity 1 can't be greater than desired size 0"},
		{0, 2, 3, "Desired capacity 3 can't be greater than max size 2"},
		{1, 2, 1, ""},
	} {
		_, err := s.Update(group.Type, group.ID, edited(group, test.low, test.high, test.desired), group.Outputs)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v", test, err)
		}
	}
	if got := liveSize(t, s, group); got != 1 {
		t.Errorf("the group has %g nodes", got)
	}
}

// TestUpdatesThatReplaceNodes holds that a new template, version or release replaces all
// nodes, with the newest image unless the update names one.
func TestUpdatesThatReplaceNodes(t *testing.T) {
	s := open(t)
	group := platform(t, s)["nodes"]
	name := group.Outputs["nodeGroupName"].(string)
	if group.Outputs["releaseVersion"] != "1.34.11-20260911" {
		t.Errorf("a new group has the release %v", group.Outputs["releaseVersion"])
	}
	for _, err := range []error{SetSize(s.store.folder, name, 2), SetRelease(s.store.folder, name, "1.34.11-20260827")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	update := func(edit props) *Record {
		t.Helper()
		current, err := s.Read(group.Type, group.ID)
		if err != nil {
			t.Fatal(err)
		}
		inputs := maps.Clone(current.Inputs)
		maps.Copy(inputs, edit)
		updated, err := s.Update(group.Type, group.ID, inputs, current.Outputs)
		if err != nil {
			t.Fatal(err)
		}
		return updated
	}
	if got := update(props{"labels": props{"a": "b"}}); got.Outputs["releaseVersion"] != "1.34.11-20260827" {
		t.Errorf("another label brings the release %v", got.Outputs["releaseVersion"])
	}
	if got := update(props{"releaseVersion": "1.34.11-20260911"}); got.Outputs["releaseVersion"] != "1.34.11-20260911" {
		t.Errorf("the release is %v", got.Outputs["releaseVersion"])
	}
	events, err := Events(s.store.folder)
	if err != nil || !slices.Equal(events, []Event{
		{Kind: Surged, Group: group.ID, URN: group.URN, Nodes: 2, Why: "releaseVersion"},
		{Kind: Replaced, Group: group.ID, URN: group.URN, Nodes: 2, Why: "releaseVersion"},
	}) {
		t.Errorf("the events are %v, %v", events, err)
	}
	if got := liveSize(t, s, group); got != 2 {
		t.Errorf("the group has %g nodes", got)
	}
}

// TestReplacementAboveTheQuotaIsRefused holds that additional nodes of an update count
// against the quota: two for each zone of the group.
func TestReplacementAboveTheQuotaIsRefused(t *testing.T) {
	s := open(t)
	group := platform(t, s)["nodes"]
	if err := SetSize(s.store.folder, group.Outputs["nodeGroupName"].(string), 1); err != nil {
		t.Fatal(err)
	}
	inputs := maps.Clone(group.Inputs)
	inputs["releaseVersion"] = "1.34.11-20260827"
	for vcpus, want := range map[int]string{11: "VcpuLimitExceeded", 12: ""} { // g5.xlarge has four: one runs, two more come
		if err := SetQuota(s.store.folder, "L-DB2E81BA", vcpus); err != nil {
			t.Fatal(err)
		}
		err := s.TryUpdate(group.Type, group.ID, inputs, group.Outputs)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("a quota of %d vCPUs: %v, want %q", vcpus, err, want)
		}
	}
	if got, _, err := s.Call("aws:servicequotas/getServiceQuota:getServiceQuota", props{"serviceCode": "ec2", "quotaCode": "L-DB2E81BA"}); err != nil || got["value"] == 768.0 {
		t.Errorf("the quota that the preview reads is %v, %v", got, err)
	}
}

func TestNodesOfACapacityBlockAreNotReplaced(t *testing.T) {
	s := open(t)
	created := platform(t, s)
	template, err := s.Create(token("ec2/launchTemplate"), "urn:block", props{
		"name": "p5", "instanceType": "p5.48xlarge", "instanceMarketOptions": props{"marketType": "capacity-block"},
		"capacityReservationSpecification": props{"capacityReservationTarget": props{"capacityReservationId": "cr-1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	inputs := maps.Clone(created["nodes"].Inputs)
	delete(inputs, "instanceTypes")
	maps.Copy(inputs, props{"nodeGroupNamePrefix": "p5-", "capacityType": "CAPACITY_BLOCK", "launchTemplate": props{"id": template.ID, "version": "1"}})
	group, err := s.Create(token("eks/nodeGroup"), "urn:block-nodes", inputs)
	if err != nil {
		t.Fatal(err)
	}
	news := maps.Clone(inputs)
	news["launchTemplate"] = props{"id": template.ID, "version": "2"}
	if err := s.TryUpdate(group.Type, group.ID, news, group.Outputs); err != nil {
		t.Errorf("a block without nodes: %v", err)
	}
	if err := SetSize(s.store.folder, group.Outputs["nodeGroupName"].(string), 1); err != nil {
		t.Fatal(err)
	}
	if err := s.TryUpdate(group.Type, group.ID, news, group.Outputs); err == nil || !strings.Contains(err.Error(), "capacity block and has 1 nodes") {
		t.Errorf("a block with a node: %v", err)
	}
}

// TestLateLogsCreateTheLogGroupAgain deletes a log group right after its cluster.
func TestLateLogsCreateTheLogGroupAgain(t *testing.T) {
	for _, test := range []struct {
		name  string
		types []any
		rest  int
	}{{"with logs", []any{"api"}, 1}, {"without", nil, 0}} {
		s := open(t)
		created := platform(t, s)
		if test.types != nil {
			inputs := maps.Clone(created["cluster"].Inputs)
			inputs["enabledClusterLogTypes"] = test.types
			if _, err := s.Update(created["cluster"].Type, "llm", inputs, created["cluster"].Outputs); err != nil {
				t.Fatal(err)
			}
		}
		group, err := s.Create(token("cloudwatch/logGroup"), "urn:logs", props{"name": "/aws/eks/llm/cluster", "retentionInDays": 30.0})
		if err != nil {
			t.Fatal(err)
		}
		for _, gone := range []*Record{created["nodes"], created["cluster"], group} {
			if err := s.Delete(gone.Type, gone.ID); err != nil {
				t.Fatal(err)
			}
		}
		records, err := Records(s.store.folder)
		rest := slices.DeleteFunc(records, func(r *Record) bool { return r.Type != group.Type })
		if err != nil || len(rest) != test.rest {
			t.Fatalf("%s: %d log groups are left, %v", test.name, len(rest), err)
		}
		for _, r := range rest {
			if r.Outputs["retentionInDays"] != nil || r.URN != "" {
				t.Errorf("the log group is %v", r)
			}
			if err := s.Delete(r.Type, r.ID); err != nil {
				t.Fatal(err)
			}
			if again, err := s.Read(r.Type, r.ID); again != nil || err != nil {
				t.Errorf("deleted once more, it is %v, %v", again, err)
			}
		}
	}
}
