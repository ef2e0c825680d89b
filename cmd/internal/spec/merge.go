package spec

import "go.yaml.in/yaml/v3"

// mergeTag is that of the key "<<", which takes the pairs of other mappings over.
const mergeTag = "!!merge"

// pairFunc takes one pair of a mapping.
type pairFunc func(name string, keyNode, value *yaml.Node)

// pairs walks a mapping, then what it merges, and reports keys that stand there twice.
// The mapping's own keys win over merged ones, and earlier merged ones over later ones.
func (d *decoder) pairs(n *yaml.Node, key string, each pairFunc) {
	m := merging{d: d, key: key, each: each, taken: map[string]bool{}, open: map[*yaml.Node]bool{}, done: map[*yaml.Node]bool{}}
	m.mapping(n)
}

// merging is the walk through one mapping and those that are merged into it.
type merging struct {
	d     *decoder
	key   string
	each  pairFunc
	taken map[string]bool
	// open are the mappings that the walk is in, done those that it has left: nothing of
	// them is new any more.
	open, done map[*yaml.Node]bool
}

func (m *merging) mapping(n *yaml.Node) {
	m.open[n] = true
	seen := map[string]int{}
	var merges []int
	for i := 0; i+1 < len(n.Content); i += 2 {
		keyNode := n.Content[i]
		line, twice := seen[keyNode.Value]
		seen[keyNode.Value] = keyNode.Line
		switch {
		case twice:
			m.d.fail(keyNode, join(m.key, keyNode.Value), "is here for the second time, first on line %d", line)
		case keyNode.Tag == mergeTag:
			merges = append(merges, i)
		case !m.taken[keyNode.Value]:
			m.taken[keyNode.Value] = true
			m.each(keyNode.Value, keyNode, n.Content[i+1])
		}
	}
	for _, i := range merges {
		m.merge(n.Content[i], n.Content[i+1], true)
	}
	m.open[n], m.done[n] = false, true
}

// merge takes over what stands at the key "<<": a mapping or, where listed says that one
// may stand here, a list of mappings.
func (m *merging) merge(at, n *yaml.Node, listed bool) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch {
	case m.open[n]:
		m.d.fail(at, join(m.key, at.Value), "is merged into itself")
	case m.done[n]:
	case n.Kind == yaml.MappingNode:
		m.mapping(n)
	case n.Kind == yaml.SequenceNode && listed:
		for _, item := range n.Content {
			m.merge(at, item, false)
		}
	default:
		m.d.fail(at, join(m.key, at.Value), "is a %s, want a map to merge, or a list of maps", kindName(n))
	}
}
