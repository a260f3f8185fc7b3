package serving

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
)

// longestSeconds is the largest value of the lifecycle's times, as in the declarations of
// their keys. An hour is longer than any load, and longer than Amazon EKS waits for a
// node to drain.
const longestSeconds = 3600

var (
	serviceName = regexp.MustCompile(`^[a-z]([-a-z0-9]*[a-z0-9])?$`)
	modelID     = regexp.MustCompile(`^[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?$`)
	bucketPath  = regexp.MustCompile(`^s3://[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](/[\w.=+-]+)+/?$`)
	revision    = regexp.MustCompile(`^[A-Za-z0-9][\w./-]*$`)
	servedName  = regexp.MustCompile(`^[A-Za-z0-9][\w./:@-]*$`)
)

// Validate returns every problem of a spec that has its defaults: first violations of the
// declarations of single keys, then problems of several keys. Each problem begins with
// its key under path, as the user typed it.
func (s Spec) Validate(path *field.Path) field.ErrorList {
	found := keys.Check(&s, path)
	s.validateNames(&found, path)
	s.Model.validate(&found, path)
	s.validateRemoteCode(&found, path)
	if text := s.KVCache.HostMemory; text != "" {
		if _, ok := amountOf(text, byteAmount, leastHostMemory); !ok {
			problems.Invalid(&found, path.Child("kvCache", "hostMemory"), "is %q, want an amount of at least 1Gi, such as %q", text, "32Gi")
		}
	}
	s.validateSpeculative(&found, path)
	s.validateMedia(&found, path)
	s.validateImage(&found, path)
	s.validateGroups(&found, path)
	s.validateScaling(&found, path)
	s.Resources.validate(&found, path)
	s.validateHostMemory(&found, path)
	s.Access.validate(&found, path)
	s.validateLoRA(&found, path)
	s.validateStorage(&found, path)
	s.validateVolumes(&found, path)
	s.validateNetwork(&found, path)
	guarded := s.Access.Guarded || s.Access.APIKey.Name != ""
	s.Service.validate(&found, path.Child("service"), guarded)
	s.Ingress.validate(&found, path, guarded)
	s.Monitoring.validate(&found, path.Child("monitoring"))
	s.Traces.validate(&found, path.Child("traces"))
	s.validateHooks(&found, path)
	validateEnv(&found, path.Child("env"), s)
	for key, value := range Sorted(s.Scheduling.NodeSelector) {
		if !IsLabelKey(key) || !IsLabelValue(value) {
			problems.Invalid(&found, path.Child("nodeSelector", key), "is %q, which is not valid for a label of a node", value)
		}
	}
	if class := s.Scheduling.PriorityClass; class != "" && !isObjectName(class) {
		problems.Invalid(&found, path.Child("priorityClass"), "is %q, want the name of a PriorityClass", class)
	}
	for _, g := range s.candidates() {
		for key, value := range Sorted(g.NodeLabels()) {
			if selected, exists := s.Scheduling.NodeSelector[key]; exists && selected != value {
				problems.Forbidden(&found, path.Child("nodeSelector", key), "is %q, and the nodes of the node group %s have %q; remove it, or choose another group", selected, g.Name, value)
			}
		}
	}
	wrong, _ := s.arguments(path)
	found = append(found, wrong...)
	s.validateSize(&found, path)
	return found
}

func (s Spec) validateNames(found *field.ErrorList, path *field.Path) {
	switch {
	case s.Name == "": // reported as missing
	case len(s.Name) > longestName:
		problems.TooLong(found, path.Child("name"), "has %d characters, want at most %d, because the names of its scaler derive from it", len(s.Name), longestName)
	case !serviceName.MatchString(s.Name):
		problems.Invalid(found, path.Child("name"), "is %q, want lower-case letters, digits and '-', beginning with a letter, such as %q", s.Name, "mistral-7b")
	case strings.HasPrefix(s.Name, kedaPrefix):
		problems.Forbidden(found, path.Child("name"), "is %q, and the names of KEDA's own objects begin with it; choose another", s.Name)
	case s.Name == "default":
		problems.Forbidden(found, path.Child("name"), "is %q, which is a ServiceAccount of every namespace; choose another", s.Name)
	}
	for i, name := range s.PreviousNames {
		key := path.Child("previousNames").Index(i)
		switch {
		case len(name) > longestName || !serviceName.MatchString(name) || name == "default":
			problems.Invalid(found, key, "is %q, which is not a valid name of a service", name)
		case slices.Contains(s.PreviousNames[:i], name):
			problems.Duplicate(found, key, "is %q, which is listed already; list each name once, the first name at the end", name)
		case name == s.Name && i < len(s.PreviousNames)-1:
			problems.Invalid(found, key, "is %q, which is its current name; only the first name, at the end of the list, may be the same as the current name", name)
		case name == s.Name && i == 0:
			problems.Forbidden(found, key, "is %q, which is its current name, and the list has no other; remove the key", name)
		}
	}
	switch {
	case s.Namespace == "":
		problems.Required(found, path.Child("namespace"), "is missing; give the name of the namespace that the model runs in")
	case !isLabel(s.Namespace):
		problems.Invalid(found, path.Child("namespace"), "is %q, want the name of a namespace", s.Namespace)
	}
}

func (m Model) validate(found *field.ErrorList, path *field.Path) {
	switch {
	case m.ID == "": // reported as missing
	case m.InS3() && !bucketPath.MatchString(m.ID):
		problems.Invalid(found, path.Child("model"), "is %q, want the folder of a bucket, such as s3://bucket/mistral-7b", m.ID)
	case !m.InS3() && !modelID.MatchString(m.ID):
		problems.Invalid(found, path.Child("model"), "is %q, want a Hugging Face model id such as %q, or s3://bucket/path", m.ID, "mistralai/Mistral-7B-Instruct-v0.2")
	}
	switch {
	case m.Revision != "" && m.InS3():
		problems.Invalid(found, path.Child("revision"), "is %q, and a folder of S3 has no revisions; name them in the path", m.Revision)
	case m.Revision != "" && !revision.MatchString(m.Revision):
		problems.Invalid(found, path.Child("revision"), "is %q, want a commit, tag or branch of the model", m.Revision)
	}
	for i, name := range m.ServedNames {
		key := path.Child("servedModelName")
		if i > 0 {
			key = key.Index(i)
		}
		switch {
		case i == 0 && name == m.ID: // the default; reported by its own key
		case !servedName.MatchString(name):
			problems.Invalid(found, key, "is %q, want letters, digits and any of . _ - / : @", name)
		case slices.Contains(m.ServedNames[:i], name):
			problems.Duplicate(found, key, "is %q, which is listed already; remove it", name)
		}
	}
}

// commit is a full SHA-1 of Git, whose content cannot change.
var commit = regexp.MustCompile(`^[0-9a-f]{40}$`)

// validateRemoteCode refuses code that can change between two starts.
func (s Spec) validateRemoteCode(found *field.ErrorList, path *field.Path) {
	if s.Model.TrustRemoteCode && !s.local() && !commit.MatchString(s.Model.Revision) {
		problems.Invalid(found, path.Child("revision"), "is %q, and trustRemoteCode runs code of the model's repository: want the commit (40 hexadecimal digits) whose code was read", s.Model.Revision)
	}
}

// choiceForm is the form of vLLM's names.
var choiceForm = regexp.MustCompile(`^[A-Za-z0-9][\w.-]*$`)

// problem returns the problem of a choice for an image, and whether it is only a warning;
// "" without a problem.
func (c choice) problem(image vllmflags.Image) (message string, warning bool) {
	switch {
	case c.value == "":
		return "", false
	case !choiceForm.MatchString(c.value):
		return fmt.Sprintf("is %q, want a name that vLLM's %s accepts", c.value, c.flag), false
	}
	if problem := vllmflags.NameProblem(c.flag, c.value); problem != "" {
		return problem, image == vllmflags.Custom
	}
	for _, p := range vllmflags.CheckExtra([]string{c.flag, c.value}, nil, image) {
		return p.Message, p.Warning
	}
	return "", false
}

// arguments returns the problems of the model's choices and of the extra arguments:
// errors, and doubtful values that vLLM may accept.
func (s Spec) arguments(path *field.Path) (wrong, doubtful field.ErrorList) {
	add := func(key *field.Path, message string, warning bool) {
		list := &wrong
		if warning {
			list = &doubtful
		}
		problems.Invalid(list, key, "%s", message)
	}
	for _, c := range s.Model.choices() {
		if message, warning := c.problem(s.imageKnown()); message != "" {
			add(path.Child(c.key), message, warning)
		}
	}
	for _, p := range vllmflags.CheckExtra(s.ExtraArgs, s.owned(), s.imageKnown()) {
		add(path.Child("extraArgs").Index(p.Index), p.Message, p.Warning)
	}
	for _, p := range s.missingFiles() {
		add(path.Child("extraArgs"), p, false)
	}
	return wrong, doubtful
}

// imageKnown returns Stock if the tables of vLLM's names match the image, else Custom.
func (s Spec) imageKnown() vllmflags.Image {
	if s.Image != "" || versions.NewerThanKnown(s.Version()) {
		return vllmflags.Custom
	}
	return vllmflags.Stock
}

func (s Spec) validateImage(found *field.ErrorList, path *field.Path) {
	if s.VLLMVersion != "" {
		if problem := versions.CheckVLLM(s.VLLMVersion); problem != "" {
			problems.Invalid(found, path.Child("vllmVersion"), "%s", problem)
		}
	}
	if s.Image == "" {
		return
	}
	if problem := versions.CheckImage(s.Image); problem != "" {
		problems.Invalid(found, path.Child("image"), "%s", problem)
		return
	}
	if tag := versions.ImageVersion(s.Image); s.VLLMVersion != "" && tag != "" && tag != s.VLLMVersion {
		problems.Invalid(found, path.Child("image"), "is %q, but vllmVersion is %s; leave one of them out, because image replaces the image of vllmVersion",
			s.Image, s.VLLMVersion)
	}
}

func (a Access) validate(found *field.ErrorList, path *field.Path) {
	a.HuggingFaceToken.validate(found, path.Child("huggingFaceToken"), "the token", "huggingFaceToken")
	a.APIKey.validate(found, path.Child("apiKey"), "the key", "apiKey")
	if name := a.ServiceAccountName; name != "" && !isObjectName(name) {
		problems.Invalid(found, path.Child("serviceAccountName"), "is %q, want the name of a ServiceAccount", name)
	}
}

// validate never repeats a value: a secret typed here by mistake would be written to a
// log.
func (r SecretRef) validate(found *field.ErrorList, path *field.Path, subject, key string) {
	switch {
	case r.Name == "" && r.Key != "":
		problems.Required(found, path.Child("existingSecret"), "is missing; name the Secret that has the key %q", r.Key)
	case r.Name != "" && !isObjectName(r.Name):
		problems.Invalid(found, path.Child("existingSecret"), "is not the name of a Secret; %s itself is given with %s in a stack's file, %s.value in a program", subject, key, key)
	case r.Name != "" && !isSecretKey(r.Key):
		problems.Invalid(found, path.Child("key"), "is not a key of a Secret, want letters, digits and any of - _ .")
	}
}

// Validate returns every problem of the namespace, each beginning with its key
// under path.
func (s NamespaceSpec) Validate(path *field.Path) field.ErrorList {
	found := keys.Check(&s, path)
	key := path.Child("name")
	switch {
	case s.Name == "": // reported as missing
	case len(s.Name) > longestNamespace:
		problems.TooLong(&found, key, "has %d characters, want at most %d", len(s.Name), longestNamespace)
	case !isLabel(s.Name):
		problems.Invalid(&found, key, "is %q, want lower-case letters, digits and '-', such as %q", s.Name, "inference")
	case strings.HasPrefix(s.Name, "kube-"):
		problems.Forbidden(&found, key, "is %q, which belongs to Kubernetes; choose another", s.Name)
	case s.Name == "default" && !s.Existing:
		problems.Invalid(&found, key, "is %q, which every cluster has; choose another, or add existing: true to use it as it is", s.Name)
	}
	return found
}

// CheckedNamespaces returns the namespaces with their defaults, or all their problems.
func CheckedNamespaces(path *field.Path, specs []NamespaceSpec) ([]NamespaceSpec, error) {
	var found field.ErrorList
	checked := make([]NamespaceSpec, len(specs))
	for i, spec := range specs {
		checked[i] = spec.WithDefaults()
		item := path.Index(i)
		found = append(found, checked[i].Validate(item)...)
	}
	return checked, problems.Err(found)
}
