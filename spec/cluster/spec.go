// Package cluster declares the key cluster: types, defaults, validation and the values
// that follow from them. It imports neither Pulumi nor the AWS SDK.
package cluster

import (
	"cmp"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// Spec holds which cluster is used, or how one is created.
type Spec struct {
	// Existing is an existing cluster. With it, the other keys of the cluster do not
	// apply.
	Existing *Existing `key:"existing"`
	// Name is the name of the EKS cluster. Default: <project>-<stack>.
	Name string `key:"name"`
	// KubernetesVersion is a minor version, 1.33 to 1.36, in quotes. Raising it updates
	// the control plane, the EKS add-ons and then the nodes. A preview refuses two minor
	// versions at a time, and a lower version than the running one. With an existing
	// cluster, only cluster-autoscaler needs it, and only if the account does not report
	// it. Default: 1.35.
	KubernetesVersion string `key:"kubernetesVersion"`
	// PublicAccessCIDRs are the ranges of addresses that may reach the API server over
	// the internet. If your own address is missing, pulumi up waits five minutes and
	// fails. 0.0.0.0/0 is refused. Default: none, so that the endpoint is private.
	PublicAccessCIDRs []string `key:"publicAccessCidrs"`
	// Access are the IAM principals that can use the cluster. At least one is an admin of
	// the whole cluster: the principal that runs pulumi up. Default: required.
	Access []Access `key:"access"`
	// LogRetentionDays is the retention of the logs of the control plane in days.
	LogRetentionDays int `key:"logRetentionDays" oneof:"1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653" default:"90" if:"!existing"` // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
	// ServiceCIDR is the range of addresses of Services, a private block of /12 to /24
	// that does not overlap with the network. AWS cannot change it, network.cidr or
	// cluster.name. A preview refuses values that differ from the running cluster.
	ServiceCIDR string `key:"serviceCidr" default:"172.20.0.0/16" if:"!existing"`
	// Protect makes Pulumi refuse to delete the cluster and the KMS key of its Secrets.
	Protect bool `key:"protect"`
	// EFS installs the driver of Amazon EFS, for volumes that several nodes mount, such
	// as storage.cache.
	EFS bool `key:"efs"`
	// Addons are the versions of EKS add-ons by name, such as v1.13.2-eksbuild.21 of
	// coredns. Default: the newest version of EKS for the Kubernetes version; without
	// credentials, a version that this program knows.
	Addons map[string]string `key:"addons" in:"pin"`
	// Region is the AWS region. Profile is the profile of the AWS configuration with
	// which clients authenticate; "" for the credentials of their environment.
	Region, Profile string
}

// Existing identifies an existing cluster.
type Existing struct {
	// Context is the context of the kubeconfig, one that kubectl config get-contexts
	// lists. Renaming a context of the same cluster changes nothing.
	Context string `key:"context" required:"true" advice:"name one of the contexts that this lists: kubectl config get-contexts"`
	// Kubeconfig is the path of a kubeconfig file. Default: the environment variable
	// KUBECONFIG, then ~/.kube/config.
	Kubeconfig string `key:"kubeconfig"`
	// Name is the name of the cluster in Amazon EKS. Controllers and models with an AWS
	// role need it. They also need the EKS add-on eks-pod-identity-agent, or they start
	// without credentials. Default: none.
	Name string `key:"name"`
}

// Access holds the rights of an AWS principal.
type Access struct {
	// PrincipalARN is the ARN of an IAM role or user.
	PrincipalARN string `key:"principalArn" required:"true" example:"arn:aws:iam::111122223333:role/deploy"`
	// Policy is the set of its rights. adminView reads everything and changes nothing;
	// view does not read Secrets.
	Policy Policy `key:"policy" oneof:"admin edit view adminView" required:"true" example:"admin"`
	// Namespaces are the namespaces in which the policy applies. Default: all.
	Namespaces []string `key:"namespaces"`
}

// Policy is an access policy of EKS.
type Policy string

// Policies, by their names in a stack's configuration.
const (
	Admin     Policy = "admin"
	Edit      Policy = "edit"
	View      Policy = "view"
	AdminView Policy = "adminView"
)

// PolicyNames holds EKS' names of the policies.
// https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
var PolicyNames = map[Policy]string{Admin: "AmazonEKSClusterAdminPolicy", Edit: "AmazonEKSEditPolicy", View: "AmazonEKSViewPolicy", AdminView: "AmazonEKSAdminViewPolicy"}

// WithDefaults returns the spec with every field set that has a default. An existing
// cluster has no defaults.
func (s Spec) WithDefaults() Spec {
	keys.Complete(&s)
	if s.Existing == nil {
		s.KubernetesVersion = cmp.Or(s.KubernetesVersion, versions.Kubernetes)
	}
	return s
}

// AddonNames returns the names of the EKS add-ons that the cluster has.
func (s Spec) AddonNames() []string {
	var names []string
	for _, a := range slices.Concat(EarlyAddons(), LateAddons(s, nil)) {
		names = append(names, a.Name)
	}
	return names
}

// AddonVersion returns the version of an EKS add-on.
func (s Spec) AddonVersion(name string) string {
	return cmp.Or(s.Addons[name], versions.Addon(name, s.KubernetesVersion))
}

// EKSName returns the cluster's name in Amazon EKS; "" if it is not known.
func (s Spec) EKSName() string {
	if s.Existing != nil {
		return s.Existing.Name
	}
	return s.Name
}

// Validate returns every problem of the spec, each beginning with its key
// under path.
func (s Spec) Validate(path *field.Path) field.ErrorList {
	if s.Existing != nil {
		return s.Existing.Validate(path.Child("existing"))
	}
	found := keys.Check(&s, path)
	if !names.MatchString(s.Name) {
		problems.Invalid(&found, path.Child("name"), "is %q, want a letter and then letters, digits and '-', at most 100", s.Name)
	}
	if !slices.Contains(versions.KubernetesMinors(), s.KubernetesVersion) {
		problems.NotSupported(&found, path.Child("kubernetesVersion"), "is %q, want one of %s, for which the add-ons' versions are known", s.KubernetesVersion, strings.Join(versions.KubernetesMinors(), ", "))
	}
	for i, cidr := range s.PublicAccessCIDRs {
		validatePublic(&found, path.Child("publicAccessCidrs").Index(i), cidr)
	}
	s.validateAccess(&found, path.Child("access"))
	if cidr, err := netip.ParsePrefix(s.ServiceCIDR); err != nil || cidr.Masked() != cidr || !cidr.Addr().Is4() || !cidr.Addr().IsPrivate() || cidr.Bits() < 12 || cidr.Bits() > 24 {
		problems.Invalid(&found, path.Child("serviceCidr"), "is %q, want a private block of /12 to /24 such as %q", s.ServiceCIDR, "172.20.0.0/16")
	}
	return found
}

var (
	// names matches the cluster names that EKS accepts.
	// https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
	names      = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,99}$`)
	principals = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(\d{12}):(role|user)/((?:[^/*?]+/)*)([\w+=,.@-]+)$`)
)

// Validate returns every problem of the spec, each beginning with its key under
// path.
func (e Existing) Validate(path *field.Path) field.ErrorList {
	found := keys.Check(&e, path)
	// The contents of a kubeconfig hold credentials, so the message does not repeat them.
	if k := e.Kubeconfig; strings.ContainsAny(k, "\n{") {
		problems.Invalid(&found, path.Child("kubeconfig"), "is the contents of a kubeconfig, which has credentials; want the path of the file")
	}
	if c := e.Context; strings.TrimSpace(c) != c {
		problems.Invalid(&found, path.Child("context"), "is %q, want the name of a context without spaces around it", c)
	}
	if e.Name != "" && !names.MatchString(e.Name) {
		problems.Invalid(&found, path.Child("name"), "is %q, want the name of an EKS cluster as this lists it: aws eks list-clusters", e.Name)
	}
	return found
}

// widest is the shortest allowed prefix of publicAccessCidrs. The largest organisations
// have a /8.
const widest = 8

func validatePublic(found *field.ErrorList, key *field.Path, text string) {
	cidr, err := netip.ParsePrefix(text)
	switch {
	case err != nil || !cidr.Addr().Is4():
		problems.Invalid(found, key, "is %q, want a block of IPv4 addresses such as %q", text, "203.0.113.0/24")
	case cidr.Bits() < widest:
		problems.Invalid(found, key, "is %s, which opens the API server to the internet; name the addresses of those who deploy, such as your office's and your CI's", text)
	case cidr.Masked() != cidr:
		problems.Invalid(found, key, "is %s, which is an address and not a block; want %s or %s/32", text, cidr.Masked(), cidr.Addr())
	case cidr.Addr().IsPrivate():
		problems.Forbidden(found, key, "is %s, which are private addresses, but clients within the VPC use the private endpoint; want public addresses, or remove the key", text)
	}
}

func (s Spec) validateAccess(found *field.ErrorList, path *field.Path) {
	admins := 0
	seen := map[string]int{}
	for i, a := range s.Access {
		key := path.Index(i)
		switch index, duplicate := seen[a.PrincipalARN]; {
		case a.PrincipalARN == "": // reported as missing
		case strings.HasPrefix(a.PrincipalARN, "arn:aws:sts:"):
			problems.Invalid(found, key.Child("principalArn"), "is %q, a session; want the role itself, such as %q", a.PrincipalARN, exampleARN)
		case !principals.MatchString(a.PrincipalARN):
			problems.Invalid(found, key.Child("principalArn"), "is %q, want the ARN of an IAM role or user, such as %q", a.PrincipalARN, exampleARN)
		case duplicate:
			problems.Duplicate(found, key.Child("principalArn"), "is that of %s[%d] already; EKS accepts one entry for each principal", path, index)
		default:
			seen[a.PrincipalARN] = i
		}
		if a.Policy == Admin && len(a.Namespaces) == 0 {
			admins++
		}
	}
	if admins == 0 {
		problems.Invalid(found, path, "has no admin of the whole cluster, so nobody could deploy to it; name the principal that runs pulumi up: [{principalArn: %s, policy: admin}]; or name your own cluster with cluster.existing", exampleARN)
	}
}

const exampleARN = "arn:aws:iam::111122223333:role/deploy"

// Support reports whether the version is in extended support on a day, which costs more,
// and whether EKS no longer offers it. An unknown version is reported elsewhere.
func (s Spec) Support(now time.Time) (extended, gone bool) {
	if s.Existing != nil {
		return false, false
	}
	support, ok := versions.SupportOf(s.KubernetesVersion)
	if !ok {
		return false, false
	}
	return !now.Before(support.Standard), !now.Before(support.Extended)
}

// noticeBefore is the time before the start of extended support in which a preview warns.
const noticeBefore = 60 * 24 * time.Hour

// ExtendedSoon returns the first day of extended support, and reports whether it begins
// within the next 60 days.
func (s Spec) ExtendedSoon(now time.Time) (time.Time, bool) {
	support, ok := versions.SupportOf(s.KubernetesVersion)
	if !ok || s.Existing != nil {
		return time.Time{}, false
	}
	return support.Standard, now.Before(support.Standard) && !now.Before(support.Standard.Add(-noticeBefore))
}

// Name returns a name that no other principal has: the names of roles, and the names of
// users, are unique within an account. "" if the ARN is not valid.
func (a Access) Name() string {
	parts := principals.FindStringSubmatch(a.PrincipalARN)
	if parts == nil {
		return ""
	}
	return parts[1] + "-" + parts[2] + "-" + parts[4]
}
