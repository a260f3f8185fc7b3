package api

// Adapter is a LoRA adapter. Requests may name it instead of the model.
type Adapter struct {
	Name string
	Path string
	// Parent is the name of the adapter's model.
	Parent string
}

// adapter returns the name of the adapter that a request names; "" for the model. An adapter
// with the model's name has precedence.
func (s *Server) adapter(model string) string {
	for _, a := range s.config.Adapters {
		if a.Name == model {
			return a.Name
		}
	}
	return ""
}
