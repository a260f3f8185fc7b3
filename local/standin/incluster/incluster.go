// Package incluster is what happens between a simulated cluster and the simulated
// AWS account: who may use its API server, and what controllers in it create in
// the account. It reads the account's file as it is, so that the simulated
// Kubernetes provider does not compile AWS' SDK.
package incluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/vllm-eks/vllm-eks/internal/stacktest/awsdata"
)

// Account is the folder of a simulated account. With "" everything is allowed and nothing is
// stored.
type Account string

// FromEnvironment returns the account that this repository's commands set.
func FromEnvironment() Account { return Account(os.Getenv("VLLM_EKS_SIMULATED_ACCOUNT")) }

// record is the part of a resource that this package reads.
type record struct {
	Type, ID string
	Outputs  struct {
		ClusterName, AddonName, PrincipalArn, PolicyArn string
	}
}

// records returns the account's resources.
func (a Account) records() ([]record, error) {
	text, err := os.ReadFile(filepath.Join(string(a), "account.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var all map[string]record
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	var list []record
	for _, r := range all {
		list = append(list, r)
	}
	return list, err
}

// early are add-ons that become active some time after a cluster's access entries were created.
var early = []string{"vpc-cni", "kube-proxy", "eks-pod-identity-agent"}

// Reach returns the error of a client that cannot use a cluster's API server yet. An access
// entry is in force some seconds after its creation. The creation of an add-on takes longer, so
// a client that waits for these add-ons has waited long enough.
// https://docs.aws.amazon.com/eks/latest/userguide/grant-k8s-access.html (read 2026-11-29)
func (a Account) Reach(server string) error {
	if a == "" || !strings.Contains(server, ".eks.") {
		return nil // the user's cluster, without an account
	}
	resources, err := a.records()
	if err != nil {
		return err
	}
	name := clusterOf(server)
	exists := func(typ string, fits func(record) bool) bool {
		return slices.ContainsFunc(resources, func(r record) bool { return r.Type == typ && r.Outputs.ClusterName == name && fits(r) })
	}
	if !slices.ContainsFunc(resources, func(r record) bool { return r.Type == "aws:eks/cluster:Cluster" && r.ID == name }) {
		return fmt.Errorf("dial tcp: lookup %s: no such host", server)
	}
	if !exists("aws:eks/accessPolicyAssociation:AccessPolicyAssociation", func(r record) bool { return isCaller(r.Outputs.PrincipalArn) }) {
		return errors.New("the server has asked for the client to provide credentials: the caller has no access entry with a policy")
	}
	for _, addon := range early {
		if !exists("aws:eks/addon:Addon", func(r record) bool { return r.Outputs.AddonName == addon }) {
			return fmt.Errorf("the server has asked for the client to provide credentials: the access entry is not in force yet (%s is not there either)", addon)
		}
	}
	return nil
}

// clusterOf returns llm of llm.us-west-2.eks.simulated.invalid.
func clusterOf(server string) string {
	host := server[strings.LastIndex(server, "/")+1:]
	name, _, _ := strings.Cut(host, ".")
	return name
}

// isCaller reports whether a principal is the role of the calling session.
func isCaller(principal string) bool {
	parts := strings.Split(awsdata.Caller, "/") // arn:aws:sts::…:assumed-role/<role>/<session>
	return strings.HasSuffix(principal, "::"+awsdata.ID+":role/"+parts[1])
}

// Item is a resource that a controller in a cluster created in the account.
type Item struct {
	// Kind is LoadBalancer (with its security group) or Volume.
	Kind string
	// Server is the cluster. Namespace and Name are those of the object that caused it.
	Server, Namespace, Name string
}

// Kinds of items.
const (
	LoadBalancer = "load balancer"
	Volume       = "EBS volume"
	controller   = "load balancer controller" // removes load balancers; not a resource of the account
)

// String returns an item as a message shows it.
func (i Item) String() string { return fmt.Sprintf("%s of %s/%s", i.Kind, i.Namespace, i.Name) }

// Items returns the resources that controllers created in an account and that still exist.
func (a Account) Items() ([]Item, error) {
	var items []Item
	err := a.change(func(stored []Item) []Item {
		items = slices.DeleteFunc(slices.Clone(stored), func(i Item) bool { return i.Kind == controller })
		return stored
	})
	return items, err
}

// Created simulates the controllers' reaction to a created or changed object.
func (a Account) Created(server, kind, namespace, name string, object map[string]any) error {
	item := Item{Server: clusterOf(server), Namespace: namespace, Name: name}
	switch {
	case kind == "Ingress" && stringAt(object, "spec", "ingressClassName") == "alb":
		item.Kind = LoadBalancer
	case kind == "PersistentVolumeClaim" && blockStorage(stringAt(object, "spec", "storageClassName")), kind == "Release" && claims(object["values"]):
		item.Kind = Volume
	case kind == "Release" && strings.HasSuffix(fmt.Sprint(object["chart"]), "aws-load-balancer-controller"):
		item.Kind = controller
	default:
		return nil
	}
	return a.change(func(items []Item) []Item {
		if slices.Contains(items, item) {
			return items
		}
		return append(items, item)
	})
}

// Deleted simulates the controllers' reaction to a deleted object, if they run: the load
// balancer controller removes an Ingress' load balancer, and the EBS driver a claim's volume.
// The claims of a StatefulSet remain after its chart, and are deleted with the namespace.
func (a Account) Deleted(server, kind, namespace, name string) error {
	if a == "" {
		return nil
	}
	resources, err := a.records()
	if err != nil {
		return err
	}
	cluster := clusterOf(server)
	driver := slices.ContainsFunc(resources, func(r record) bool {
		return r.Type == "aws:eks/addon:Addon" && r.Outputs.ClusterName == cluster && r.Outputs.AddonName == "aws-ebs-csi-driver"
	})
	return a.change(func(items []Item) []Item {
		balances := slices.ContainsFunc(items, func(i Item) bool { return i.Kind == controller && i.Server == cluster })
		return slices.DeleteFunc(slices.Clone(items), func(i Item) bool {
			switch {
			case i.Server != cluster:
				return false
			case i.Kind == Volume:
				claim := kind == "PersistentVolumeClaim" && i.Namespace == namespace && i.Name == name
				return driver && (claim || kind == "Namespace" && i.Namespace == name)
			case i.Kind == LoadBalancer:
				return balances && kind == "Ingress" && i.Namespace == namespace && i.Name == name
			}
			return kind == "Release" && i.Namespace == namespace && i.Name == name
		})
	})
}

// change edits the account's list of items.
func (a Account) change(edit func([]Item) []Item) (err error) {
	if a == "" {
		return nil
	}
	if err := os.MkdirAll(string(a), 0o700); err != nil {
		return err
	}
	lock, err := os.OpenFile(filepath.Join(string(a), "items.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return err
	}
	path := filepath.Join(string(a), "items.json")
	var all []Item
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	edited := edit(all)
	if slices.Equal(edited, all) {
		return nil
	}
	if text, err = json.Marshal(edited); err != nil {
		return err
	}
	return errors.Join(os.WriteFile(path+".new", text, 0o600), os.Rename(path+".new", path))
}

// stringAt returns the string at a path of an object.
func stringAt(object map[string]any, path ...string) string {
	var value any = object
	for _, name := range path {
		inner, _ := value.(map[string]any)
		value = inner[name]
	}
	text, _ := value.(string)
	return text
}

// blockStorage reports whether a storage class is of EBS: gp3, which the program creates, or
// the default.
func blockStorage(class string) bool { return class == "" || class == "gp3" }

// claims reports whether a chart's values have a template of a claim.
func claims(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		for name, below := range v {
			if name == "volumeClaimTemplate" || claims(below) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, claims)
	}
	return false
}
