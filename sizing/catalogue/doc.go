// Package catalogue holds the data for sizing: GPUs, EC2 instance types with their
// prices, and the shapes of models. The package opens no file and no connection.
package catalogue
