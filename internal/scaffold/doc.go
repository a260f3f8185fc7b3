// Package scaffold derives the files of template/ from this repository. `pulumi new` copies
// that folder to create a project of a user: its stacks are the stacks of the repository,
// its go.mod requires the latest release, and its workflows have the same pinned actions.
//
// Files that are not derived, such as main.go and the workflows, are edited in template/
// itself. Only the versions in them are derived.
//
// pulumi new replaces ${PROJECT} and ${DESCRIPTION} in every file. In files that end in
// .yaml, the replacement ends in a line break: there, a placeholder must be the last word
// of a line. Every other ${…} and the expressions of GitHub stay. Sources:
// github.com/pulumi/pulumi/pkg/v3 v3.259.0, cmd/pulumi/templates/project_templates.go,
// CopyTemplateFiles and transform.
package scaffold

//go:generate go run ./generate
