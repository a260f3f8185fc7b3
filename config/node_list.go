package config

// stringOrList returns the strings of a key that takes one string or a list of
// strings.
func (n *node) stringOrList(key string) []string {
	value, path, ok := n.lookup(key)
	if !ok {
		return nil
	}
	items, isList := value.([]any)
	if !isList {
		return []string{n.str(key)}
	}
	if len(items) == 0 {
		n.d.add(path, "is an empty list; give it a value or remove the key")
	}
	return n.texts(key)
}
