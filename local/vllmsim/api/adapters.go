package api

// Adapter is a LoRA adapter that requests may name instead of the model.
type Adapter struct {
	Name string
	Path string
	// Parent is the name of the model that it belongs to.
	Parent string
}

// adapter is the name of the adapter that a request asks for; empty if it asks
// for the model itself. An adapter with a name of the model's is found first.
func (s *Server) adapter(model string) string {
	for _, a := range s.config.Adapters {
		if a.Name == model {
			return a.Name
		}
	}
	return ""
}
