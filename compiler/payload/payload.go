// Package payload turns the file of a module into what a host needs to run it: how it is started, and for
// modules in Python all files of Ansible and of collections that it imports. It reads files and runs nothing.
//
// Vocabulary: a module's style says how it takes its arguments; a bundle is a set of files in one blob; the base
// are the files that every module in Python needs, so that a host keeps an interpreter that has imported
// them already.
//
// Ansible docs: "Ansible module architecture", "Types of modules".
package payload

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"pbc/ir"
	"pbc/runtime/module/posix"
)

// Disk is where files are read from. Paths are absolute.
type Disk interface {
	// ReadFile returns the whole content of a file.
	ReadFile(path string) ([]byte, error)
	// IsFile and IsDir say whether there is a file or a folder at the path.
	IsFile(path string) bool
	IsDir(path string) bool
}

// Library says where shared Python code is, and remembers what it has read of it: one is for one run. It is for one
// goroutine at a time.
type Library struct {
	Disk Disk
	// Core is the folder of the Python package ansible.
	Core    string
	Version string // of ansible-core
	// Utils are the folders of the user's own module_utils, which win over those of ansible-core.
	Utils []string
	// Collection returns the folder of an installed collection, "" when it is not.
	Collection func(name string) string
	// Route says what a collection's metadata tell of one of its module_utils. Nil tells nothing.
	Route func(collection, util string) Route
	// Tagged is for dialect tagged.
	Tagged bool

	base    *packed          // what every module needs, once it was found
	scanned map[string]*scan // shared code by its dotted name
}

// packed is a set of files and the bundle of them.
type packed struct {
	files  map[string][]byte
	bundle []byte
}

// scan is a file that was read for what it imports.
type scan struct {
	src     []byte
	pkg     bool
	imports []imported
}

// Route is where a module_util has gone.
type Route struct {
	Redirect string // a full name, "" for nowhere
	Removed  string // why it is gone: the error of using it
}

// Built is a payload with the bytes of its bundles, by their digests.
type Built struct {
	ir.Payload
	Blobs map[string][]byte
}

// Fault is what makes a module fail before it is sent anywhere: Ansible's message.
type Fault string

func (f Fault) Error() string { return string(f) }

// Signs by which Ansible tells the styles of modules.
var (
	oldCommon  = []byte("#<<INCLUDE_ANSIBLE_MODULE_COMMON>>")
	jsonArgs   = []byte("<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>")
	powershell = []byte("# POWERSHELL_COMMON")
	wantJSON   = []byte("WANT_JSON")
	newStyle   = regexp.MustCompile(`from +\.{2,} *module_utils.* +import |` +
		`from +ansible_collections\.[^.]+\.[^.]+\.plugins\.module_utils.* +import |import +ansible_collections\.[^.]+\.[^.]+\.plugins\.module_utils.*|` +
		`from +ansible\.module_utils.* +import |import +ansible\.module_utils\.`)
	requires = regexp.MustCompile(`(?i)#Requires -Module|#Requires -Version|#AnsibleRequires -(OSVersion|PowerShell|CSharpUtil|Wrapper)`)
)

// Build makes the payload of a module that a task calls by a name. File is the module's.
//
// Observed: ansible-core 2.14.
func (l *Library) Build(name, file string) (*Built, error) {
	src, err := l.Disk.ReadFile(file)
	if err != nil {
		return nil, err
	}
	b := &Built{Payload: ir.Payload{Name: name, File: path.Base(file)}, Blobs: map[string][]byte{}}
	b.Interpreter = interpreter(src)
	switch {
	case isBinary(src):
		b.Style, b.Interpreter = ir.StyleBinary, nil
	case bytes.Contains(src, oldCommon):
		b.Style = ir.StylePython
		src = bytes.ReplaceAll(src, oldCommon, []byte("from ansible.module_utils.basic import *"))
	case newStyle.Match(src):
		b.Style = ir.StylePython
	case bytes.Contains(src, powershell) || requires.Match(src):
		return nil, Fault("unsupported: the module " + name + " is written for PowerShell")
	case bytes.Contains(src, jsonArgs):
		b.Style = ir.StyleReplaced
	case bytes.Contains(src, wantJSON):
		b.Style = ir.StyleJSON
	default:
		b.Style = ir.StyleOld
	}
	if b.Style == ir.StylePython {
		return b, l.python(b, name, file, src)
	}
	if b.Style != ir.StyleBinary && len(b.Interpreter) == 0 {
		return nil, Fault("module (" + name + ") is missing interpreter line")
	}
	b.Own = b.add(map[string][]byte{b.File: src})
	return b, nil
}

// python gathers the files of a module in Python.
func (l *Library) python(b *Built, name, file string, src []byte) error {
	if len(b.Interpreter) == 0 {
		b.Interpreter = []string{"/usr/bin/python"}
	}
	b.Module = l.moduleName(b.Payload.Name, file)
	base, err := l.common(b.Module)
	if err != nil {
		return err
	}
	all, origins, err := l.closure(b.Module, src)
	if err != nil {
		return err
	}
	own := map[string][]byte{}
	for p, data := range all {
		if old, ok := base.files[p]; !ok || !bytes.Equal(old, data) {
			own[p] = data
		}
	}
	main := strings.ReplaceAll(b.Module, ".", "/") + ".py"
	own[main] = src
	if l.Tagged {
		origins[main] = file
		b.Origins = origins
	}
	for dir := path.Dir(strings.ReplaceAll(b.Module, ".", "/")); dir != "."; dir = path.Dir(dir) {
		p := dir + "/__init__.py"
		if _, ok := all[p]; !ok {
			own[p] = nil
		}
	}
	b.Base, b.Own = b.keep(base.bundle), b.add(own)
	return nil
}

// common is what every module needs; the module's name is for the error that some of it is missing.
func (l *Library) common(module string) (*packed, error) {
	if l.base == nil {
		files, _, err := l.closure(module, nil)
		if err != nil {
			return nil, err
		}
		l.base = &packed{files: files, bundle: pack(files)}
	}
	return l.base, nil
}

func (b *Built) add(files map[string][]byte) string { return b.keep(pack(files)) }

func (b *Built) keep(bundle []byte) string {
	d := digest(bundle)
	b.Blobs[d] = bundle
	return d
}

var inCollection = regexp.MustCompile(`/(ansible_collections/[^/]+/[^/]+/plugins/modules/.*)\.(py|ps1)$`)

// moduleName is the dotted name under which Python knows the module. Dialect tagged says ansible.legacy of a module that is
// neither ansible-core's nor a collection's.
func (l *Library) moduleName(name, file string) string {
	rel, core := strings.CutPrefix(file, path.Dir(l.Core)+"/")
	if m := inCollection.FindStringSubmatch(file); m != nil && !strings.Contains(m[1], ".") {
		return strings.ReplaceAll(m[1], "/", ".")
	}
	if core && strings.HasPrefix(rel, "ansible/modules/") {
		return strings.ReplaceAll(strings.TrimSuffix(rel, ".py"), "/", ".")
	}
	if l.Tagged {
		return "ansible.legacy." + name
	}
	return "ansible.modules." + name
}

// isBinary says whether a file is no text, by its beginning.
func isBinary(src []byte) bool {
	return slices.ContainsFunc(src[:min(len(src), 1024)], func(c byte) bool {
		return c < 0x20 && !bytes.ContainsRune([]byte{7, 8, 9, 10, 12, 13, 27}, rune(c)) || c == 0x7f
	})
}

// interpreter is what the first line of a file says should run it, with arguments; nil when it says nothing.
func interpreter(src []byte) []string {
	line, _, _ := bytes.Cut(src, []byte("\n"))
	rest, ok := bytes.CutPrefix(line, []byte("#!"))
	if !ok {
		return nil
	}
	words, err := posix.Split(string(bytes.TrimSpace(rest)))
	if err != nil {
		return nil
	}
	return words
}

// notFound is Ansible's message about shared code that is not there.
func (l *Library) notFound(module string, candidates [][]string) error {
	names := make([]string, len(candidates))
	for i, c := range candidates {
		names[i] = "'" + strings.Join(c, ".") + "'"
	}
	gap := "  "
	if l.Tagged {
		gap = " "
	}
	return Fault(fmt.Sprintf("Could not find imported module support code for %s.%sLooked for ([%s])", module, gap, strings.Join(names, ", ")))
}
