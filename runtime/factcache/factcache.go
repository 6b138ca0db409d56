// Package factcache keeps facts between runs, as Ansible's cache plugin jsonfile does: one file for each host, which the
// real one can read and write, too.
//
//	file = folder "/" prefix host     the facts of that host, a JSON object
//
// The files of dialect tagged are the schema 1 of ansible-core 2.19:
//
//	file    = folder "/" prefix "s1_" host
//	content = {"__payload__": text}   text is the JSON of the facts
//	date    = {"iso8601": text, "__ansible_type": "AnsibleSerializableDate…"}
//	tagged  = {"value": …, "tags": […], "__ansible_type": "_AnsibleTagged…"}   in the place of a value, with where it was written
//
// A file is as old as its last change. Facts of files that are too old do not count.
package factcache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pbc/ir/value"
	"pbc/runtime/module/posix"
)

// Cache is a folder of facts. It is not for use by several goroutines at once.
type Cache struct {
	Dir    string // absolute
	Prefix string // of the names of its files
	Tagged bool   // the files of dialect tagged
	// Timeout is how long facts count; 0 is for ever.
	Timeout time.Duration
	// Warn is told what could not be done, in Ansible's words. May be nil.
	Warn func(msg string)

	err error
}

// ForPlugin says whether a cache plugin is one of those that keep facts in JSON files.
func ForPlugin(name string) bool {
	return name == "jsonfile" || name == "ansible.builtin.jsonfile" || name == "ansible.legacy.jsonfile"
}

func (c *Cache) warn(format string, args ...any) {
	if c.Warn != nil {
		c.Warn(fmt.Sprintf(format, args...))
	}
}

// Open makes the folder. Where that fails the user is warned, and facts are not kept: ok is false.
func (c *Cache) Open() (ok bool) {
	if err := os.MkdirAll(c.Dir, 0o777); err != nil {
		why := posix.PyError(err, c.Dir)
		if c.Tagged {
			c.warn("Error in 'jsonfile' cache plugin while trying to create cache dir %s: %s", value.StrRepr(c.Dir), why)
		} else {
			c.warn("error in 'jsonfile' cache plugin while trying to create cache dir %s : b%s", c.Dir, value.StrRepr(why))
		}
		return false
	}
	return true
}

// Err is the first file that could not be read: it ends a run.
func (c *Cache) Err() error { return c.err }

// file is the file of a host, "" for a name that none can have.
func (c *Cache) file(host string) string {
	if strings.ContainsRune(host, '/') {
		return ""
	}
	if c.Tagged {
		host = "s1_" + host
	}
	return filepath.Join(c.Dir, c.Prefix+host)
}

// Load returns the facts of a host, nil for none. Their texts are unsafe: they came from a host.
func (c *Cache) Load(host string) *value.Dict {
	name := c.file(host)
	info, err := os.Stat(name)
	if name == "" || err != nil || c.Timeout > 0 && time.Since(info.ModTime()) > c.Timeout {
		return nil
	}
	b, err := os.ReadFile(name)
	if err != nil {
		c.warn("error in 'jsonfile' cache plugin while trying to read %s : b%s", name, value.StrRepr(posix.PyError(err, name)))
		return nil
	}
	v, err := value.ParseJSON(b)
	if c.Tagged {
		v, err = payload(v, err)
	} else {
		v = unsafe(v)
	}
	facts, ok := v.(*value.Dict)
	if err != nil || !ok {
		c.corrupt(name, err)
		return nil
	}
	return value.Taint(facts).(*value.Dict)
}

func (c *Cache) corrupt(name string, err error) {
	if err == nil {
		err = errors.New("Expecting value")
	}
	c.warn("error in 'jsonfile' cache plugin while trying to read %s : b%s. Most likely a corrupt file, so erasing and failing.", name, value.StrRepr(err.Error()))
	_ = os.Remove(name)
	if c.err == nil {
		c.err = fmt.Errorf("The cache file %s was corrupt, or did not otherwise contain valid data. It has been removed, so you can re-run your command now.", name)
	}
}

// Save keeps the facts of a host in the place of older ones; no facts remove its file.
func (c *Cache) Save(host string, facts *value.Dict) {
	name := c.file(host)
	if name == "" {
		return
	}
	if facts.Len() == 0 {
		c.Delete(host)
		return
	}
	text, err := c.text(facts)
	if err == nil {
		err = c.replace(name, text)
	}
	if err != nil {
		c.warn("error in 'jsonfile' cache plugin while trying to write to %s : b%s", name, value.StrRepr(posix.PyError(err, name)))
	}
}

// text is what a file holds.
func (c *Cache) text(facts *value.Dict) (string, error) {
	if !c.Tagged {
		return value.JSON(facts, value.JSONOptions{Indent: 4, SortKeys: true, ASCII: true})
	}
	own, err := value.JSON(typed(facts), value.JSONOptions{ASCII: true})
	if err != nil {
		return "", err
	}
	return value.JSON(value.DictOf("__payload__", own), value.JSONOptions{ASCII: true})
}

// payload is what a file of dialect tagged holds; err is why it is no JSON. One that has none has no facts.
func payload(v value.Value, err error) (value.Value, error) {
	d, ok := v.(*value.Dict)
	if err != nil || !ok {
		return nil, err
	}
	own, ok := d.GetStr("__payload__")
	if !ok {
		return value.NewDict(), nil
	}
	text, _ := value.Text(own)
	v, err = value.ParseJSON([]byte(text))
	return untagged(v, maxDepth), err
}

// maxDepth bounds how deep facts are nested.
const maxDepth = 200

// rewritten is a copy of v in which f gives what stands in the place of a value, and whether it does: it does not see what is within. What is
// nested too deep is nothing.
func rewritten(v value.Value, depth int, f func(value.Value) (value.Value, bool)) value.Value {
	if depth == 0 {
		return nil
	}
	if r, ok := f(v); ok {
		return r
	}
	switch x := v.(type) {
	case *value.List:
		out := value.NewList()
		for _, e := range x.V {
			out.V = append(out.V, rewritten(e, depth-1, f))
		}
		return out
	case *value.Dict:
		out := x.Copy()
		for i, e := range out.V {
			out.V[i] = rewritten(e, depth-1, f)
		}
		return out
	}
	return v
}

// untagged is v without the places where its values were written.
func untagged(v value.Value, depth int) value.Value {
	return rewritten(v, depth, func(v value.Value) (value.Value, bool) {
		d, ok := v.(*value.Dict)
		if !ok {
			return nil, false
		}
		kind, _ := d.GetStr("__ansible_type")
		name, _ := value.Text(kind)
		if strings.HasPrefix(name, "_AnsibleTagged") {
			inner, _ := d.GetStr("value")
			return untagged(inner, depth-1), true
		}
		r := date(d, name)
		return r, r != nil
	})
}

// typed is v with its dates as objects that tell their type.
func typed(v value.Value) value.Value {
	return rewritten(v, maxDepth, func(v value.Value) (value.Value, bool) {
		x, ok := v.(*value.Date)
		if !ok {
			return nil, false
		}
		iso, _ := value.JSON(x, value.JSONOptions{}) // a date is text in JSON
		d := value.DictOf("iso8601", strings.Trim(iso, `"`))
		if x.HasTime {
			d.SetStr("fold", int64(0))
			d.SetStr("__ansible_type", "AnsibleSerializableDateTime")
		} else {
			d.SetStr("__ansible_type", "AnsibleSerializableDate")
		}
		return d, true
	})
}

// date is the date that an object of that type stands for, nil for none.
func date(x *value.Dict, kind string) value.Value {
	v, _ := x.GetStr("iso8601")
	text, _ := value.Text(v)
	switch kind {
	case "AnsibleSerializableDate":
		if t, err := time.Parse(time.DateOnly, text); err == nil {
			return &value.Date{T: t}
		}
	case "AnsibleSerializableDateTime":
		if t, err := time.Parse("2006-01-02T15:04:05.999999", text); err == nil {
			return &value.Date{T: t, HasTime: true}
		}
		if t, err := time.Parse("2006-01-02T15:04:05.999999Z07:00", text); err == nil {
			return &value.Date{T: t, HasTime: true, HasZone: true}
		}
	}
	return nil
}

// unsafe is v with the texts that Ansible marked as no templates in the place of their marks.
func unsafe(v value.Value) value.Value {
	return rewritten(v, maxDepth, func(v value.Value) (value.Value, bool) {
		d, _ := v.(*value.Dict)
		return d.GetStr("__ansible_unsafe")
	})
}

// replace writes a file whole or not at all.
func (c *Cache) replace(name, text string) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".pbc-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if c.Tagged && err == nil {
		err = f.Chmod(0o644)
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// Delete forgets the facts of a host.
func (c *Cache) Delete(host string) {
	if err := os.Remove(c.file(host)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.warn("error in 'jsonfile' cache plugin while trying to remove %s : b%s", c.file(host), value.StrRepr(posix.PyError(err, c.file(host))))
	}
}
