package playbook

import (
	"pbc/compiler/yaml"
)

// Entry is one name of a Map with its value. Key is the node of the name, nil when it was not written as one.
type Entry struct {
	Name  string
	Key   *yaml.Node
	Value *yaml.Node
}

// Map is an ordered mapping of names to nodes: keywords, arguments, variables. The zero Map is empty and
// ready. Copies share entries until one of them is changed by Set or Del.
type Map struct {
	Entries []Entry
	index   map[string]int
}

const indexMapFrom = 16

func (m *Map) find(name string) int {
	if m.index != nil {
		if i, ok := m.index[name]; ok {
			return i
		}
		return -1
	}
	for i := range m.Entries {
		if m.Entries[i].Name == name {
			return i
		}
	}
	return -1
}

// Get returns the value of name, nil when there is none. A value that YAML leaves empty is a node, not nil.
func (m *Map) Get(name string) *yaml.Node {
	if i := m.find(name); i >= 0 {
		return m.Entries[i].Value
	}
	return nil
}

// Has says whether name is there.
func (m *Map) Has(name string) bool { return m.find(name) >= 0 }

// Len is the number of entries.
func (m *Map) Len() int { return len(m.Entries) }

// Set adds an entry, or replaces the value of the one of that name, which keeps its place.
func (m *Map) Set(name string, key, val *yaml.Node) {
	if i := m.find(name); i >= 0 {
		m.Entries = append([]Entry(nil), m.Entries...)
		m.Entries[i].Value = val
		return
	}
	m.Entries = append(m.Entries[:len(m.Entries):len(m.Entries)], Entry{name, key, val})
	m.reindex()
}

// Del removes the entry of that name and returns its value, nil when there was none.
func (m *Map) Del(name string) *yaml.Node {
	i := m.find(name)
	if i < 0 {
		return nil
	}
	v := m.Entries[i].Value
	m.Entries = append(append([]Entry(nil), m.Entries[:i]...), m.Entries[i+1:]...)
	m.index = nil
	m.reindex()
	return v
}

// Update sets every entry of other.
func (m *Map) Update(other Map) {
	if len(m.Entries) == 0 {
		*m = other.Copy()
		return
	}
	m.Entries = append([]Entry(nil), m.Entries...)
	m.index = nil
	m.reindex()
	for _, e := range other.Entries {
		if i := m.find(e.Name); i >= 0 {
			m.Entries[i].Value = e.Value
			continue
		}
		m.Entries = append(m.Entries, e)
		if m.index != nil {
			m.index[e.Name] = len(m.Entries) - 1
		} else {
			m.reindex()
		}
	}
}

// Copy returns a map of its own.
func (m *Map) Copy() Map {
	c := Map{Entries: append([]Entry(nil), m.Entries...)}
	c.reindex()
	return c
}

func (m *Map) reindex() {
	if len(m.Entries) <= indexMapFrom {
		return
	}
	m.index = make(map[string]int, 2*len(m.Entries))
	for i := range m.Entries {
		m.index[m.Entries[i].Name] = i
	}
}
