// Package catalogue holds what sizing is computed from: GPUs, EC2 instance
// types with their prices, and the shapes of models. It is data and its
// reading; it opens no file and no connection.
package catalogue
