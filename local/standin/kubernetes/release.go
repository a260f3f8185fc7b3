package main

import "reflect"

// releaseType has the inputs of a Release that this program sets.
// https://www.pulumi.com/registry/packages/kubernetes/api-docs/helm/v3/release/ (read 2026-11-29)
var releaseType = reflect.TypeFor[struct {
	Chart          string `pulumi:"chart"`
	RepositoryOpts *struct {
		Repo *string `pulumi:"repo"`
	} `pulumi:"repositoryOpts"`
	Name          *string        `pulumi:"name"`
	Namespace     *string        `pulumi:"namespace"`
	Version       *string        `pulumi:"version"`
	Values        map[string]any `pulumi:"values"`
	Timeout       *int           `pulumi:"timeout"`
	Atomic        *bool          `pulumi:"atomic"`
	CleanupOnFail *bool          `pulumi:"cleanupOnFail"`
	Compat        *string        `pulumi:"compat"`
	MaxHistory    *int           `pulumi:"maxHistory"`
}]()
