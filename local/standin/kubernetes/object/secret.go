package object

import (
	"encoding/base64"
	"sort"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// lastApplied is kubectl's copy of the whole object, values included.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// MarkSecrets returns out with every value secret that is secret in the inputs
// it came from, and with the contents of a Kubernetes Secret secret in any
// case. A list that holds one secret element becomes secret as a whole: the
// server may reorder or extend it, and a value must not escape by moving.
func MarkSecrets(out, inputs resource.PropertyMap) resource.PropertyMap {
	marked := copyMarks(resource.NewProperty(out), resource.NewProperty(inputs))
	result := Unwrap(marked).ObjectValue()
	if !IsSecret(result) {
		return result
	}
	for _, key := range []resource.PropertyKey{"data", "stringData"} {
		if value, ok := result[key]; ok && !value.IsSecret() {
			result[key] = resource.MakeSecret(value)
		}
	}
	if annotations, ok := Get(result, "metadata", "annotations"); ok && annotations.IsObject() {
		if value, ok := annotations.ObjectValue()[lastApplied]; ok && !value.IsSecret() {
			annotations.ObjectValue()[lastApplied] = resource.MakeSecret(value)
		}
	}
	return result
}

// IsSecret reports whether the object is a Kubernetes Secret.
func IsSecret(props resource.PropertyMap) bool {
	return GetString(props, "kind") == "Secret" && GetString(props, "apiVersion") == "v1"
}

func copyMarks(out, in resource.PropertyValue) resource.PropertyValue {
	if out.IsSecret() {
		return out
	}
	if in.IsSecret() || (in.IsOutput() && in.OutputValue().Secret) {
		return resource.MakeSecret(out)
	}
	in = Unwrap(in)
	if !out.IsObject() || !in.IsObject() {
		if in.ContainsSecrets() {
			return resource.MakeSecret(out)
		}
		return out
	}
	result := make(resource.PropertyMap, len(out.ObjectValue()))
	for key, value := range out.ObjectValue() {
		if from, ok := in.ObjectValue()[key]; ok {
			value = copyMarks(value, from)
		}
		result[key] = value
	}
	return resource.NewProperty(result)
}

// EncodeStringData moves the values of stringData into data in base64, as the
// API server would. It has to happen here: the server forgets stringData, so
// server-side apply could neither own nor remove a key that came through it.
func EncodeStringData(props resource.PropertyMap) {
	if !IsSecret(props) {
		return
	}
	plain, ok := Get(props, "stringData")
	if !ok || !plain.IsObject() {
		return
	}
	data := resource.PropertyMap{}
	if existing, ok := Get(props, "data"); ok && existing.IsObject() {
		for key, value := range existing.ObjectValue() {
			data[key] = value
		}
	} else if ok && !existing.IsNull() {
		// data as a whole is not known yet; the two can be merged only once it is.
		return
	}
	for key, value := range plain.ObjectValue() {
		value = Unwrap(value)
		if value.IsString() {
			encoded := base64.StdEncoding.EncodeToString([]byte(value.StringValue()))
			value = resource.NewProperty(encoded)
		}
		data[key] = value
	}
	delete(props, "stringData")
	props["data"] = resource.MakeSecret(resource.NewProperty(data))
}

// minRedacted keeps words like "true" or "8000" readable when some secret
// happens to hold one of them.
const minRedacted = 6

// Redactor remembers secret values and blanks them out of messages: an API
// server quotes the value that it refuses, and a crashing container may print
// its environment.
type Redactor struct {
	mu     sync.RWMutex
	values map[string]struct{}
}

// NewRedactor returns a Redactor that knows no value yet.
func NewRedactor() *Redactor {
	return &Redactor{values: map[string]struct{}{}}
}

// Learn remembers every secret text in the properties, in clear and, for the
// contents of a Kubernetes Secret, also decoded.
func (r *Redactor) Learn(props resource.PropertyMap) {
	r.mu.Lock()
	defer r.mu.Unlock()
	secretObject := IsSecret(props)
	for key, value := range props {
		inData := secretObject && (key == "data" || key == "stringData")
		r.learn(value, inData, inData && key == "data")
	}
}

func (r *Redactor) learn(v resource.PropertyValue, secret, encoded bool) {
	if v.IsSecret() || (v.IsOutput() && v.OutputValue().Secret) {
		secret = true
	}
	v = Unwrap(v)
	switch {
	case v.IsString() && secret:
		r.add(v.StringValue())
		if decoded, err := base64.StdEncoding.DecodeString(v.StringValue()); encoded && err == nil {
			r.add(string(decoded))
		} else if !encoded {
			r.add(base64.StdEncoding.EncodeToString([]byte(v.StringValue())))
		}
	case v.IsArray():
		for _, element := range v.ArrayValue() {
			r.learn(element, secret, encoded)
		}
	case v.IsObject():
		for _, element := range v.ObjectValue() {
			r.learn(element, secret, encoded)
		}
	}
}

func (r *Redactor) add(value string) {
	if value = strings.TrimSpace(value); len(value) >= minRedacted {
		r.values[value] = struct{}{}
	}
}

// Clean replaces every known secret value in the message.
func (r *Redactor) Clean(message string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	values := make([]string, 0, len(r.values))
	for value := range r.values {
		if strings.Contains(message, value) {
			values = append(values, value)
		}
	}
	// Longest first: one secret may be a part of another.
	sort.Slice(values, func(i, j int) bool { return len(values[i]) > len(values[j]) })
	for _, value := range values {
		message = strings.ReplaceAll(message, value, "[secret]")
	}
	return message
}
