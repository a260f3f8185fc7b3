package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

// settings are the configuration of the program.
type settings struct {
	// project is the Pulumi project whose stacks the roles manage. bucket is the name of the
	// bucket; "" derives it from project, the account and the region.
	project, bucket string
	// issuer and audience are those of the tokens. provider is the ARN of an existing
	// provider; "" creates one.
	issuer, audience, provider string
	// preview and up are the subjects of the tokens that may assume each role. A * stands
	// for any characters.
	preview, up []string
}

// read returns the settings, or an error with every problem.
func read(ctx *pulumi.Context) (settings, error) {
	c := config.New(ctx, "")
	s := settings{project: c.Get("project"), bucket: c.Get("bucket"), issuer: c.Get("issuer"), audience: c.Get("audience"), provider: c.Get("provider")}
	var environments []string
	repository := c.Get("repository")
	err := errors.Join(c.GetObject("previewSubjects", &s.preview), c.GetObject("upSubjects", &s.up), c.GetObject("environments", &environments))
	if err != nil {
		return s, err
	}
	// https://docs.github.com/en/actions/reference/security/oidc (read 2026-11-30). A job with
	// an environment has the subject of its environment, every other job that of its event.
	if repository != "" && len(s.preview) == 0 {
		s.preview = []string{"repo:" + repository + ":pull_request", "repo:" + repository + ":ref:refs/heads/main"}
	}
	if repository != "" && len(s.up) == 0 {
		for _, e := range environments {
			s.up = append(s.up, "repo:"+repository+":environment:"+e)
		}
	}
	return s, s.problems()
}

var (
	// projectName has at most 50 characters: the names of roles begin with it, and have at
	// most 64.
	projectName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,49}$`)
	// bucketBegin can begin the name of a bucket, which has at most 63 characters:
	// -pulumi-, the account and the region take 35 of them.
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
	bucketBegin = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,27}$`)
	// subject has a repository or a project that is no pattern.
	subject = regexp.MustCompile(`^[a-z_]+:[^:*?]+:[^*?].*$`)
)

// problems returns an error with every problem of the settings.
func (s settings) problems() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !projectName.MatchString(s.project) {
		add("project: got %q, want the name of the Pulumi project of your stacks, at most 50 characters", s.project)
	}
	if s.bucket == "" && projectName.MatchString(s.project) && !bucketBegin.MatchString(s.project) {
		add("bucket: missing; the name of the project cannot begin the name of a bucket, so set a name of your own")
	}
	if host, found := strings.CutPrefix(s.issuer, "https://"); !found || host == "" || strings.ContainsAny(host, " ?#") {
		add("issuer: got %q, want an address that begins with https://", s.issuer)
	}
	if s.audience == "" {
		add("audience: missing; want the audience of the tokens")
	}
	for key, subjects := range map[string][]string{"previewSubjects": s.preview, "upSubjects": s.up} {
		if len(subjects) == 0 {
			add("%s: missing; set it, or set repository for workflows of GitHub", key)
		}
		for i, text := range subjects {
			if !subject.MatchString(text) {
				add("%s[%d]: got %q, want a subject that names one repository or project, such as repo:acme/llm:pull_request", key, i, text)
			}
		}
	}
	return errors.Join(errs...)
}
