// Package helmchart generates the Helm chart helm/vllm from the builders of
// components/serving/manifest, and computes its values for a model.
//
// A template is the object that a builder returns for a sample model. The parts that differ
// between models are replaced by expressions of the chart's values (templates.go); everything
// else is written as the builder returned it. Values computes these parts for a model
// (values.go). So a chart with the values of a model has the objects of the model, which a
// test checks for random models.
package helmchart
