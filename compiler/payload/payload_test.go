package payload

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"pbc/ir"
)

// unpacked are the files in a bundle.
func unpacked(t *testing.T, bundle []byte) map[string]string {
	t.Helper()
	z, err := zlib.NewReader(bytes.NewReader(bundle))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	next := func() string {
		n := binary.BigEndian.Uint32(data)
		s := string(data[4 : 4+n])
		data = data[4+n:]
		return s
	}
	files := map[string]string{}
	for len(data) > 0 {
		p := next()
		files[p] = next()
	}
	return files
}

func TestImports(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"plain", "import ansible.module_utils.basic\nimport os, ansible.module_utils.six as s", "ansible.module_utils.basic ansible.module_utils.six"},
		{"from", "from ansible.module_utils.basic import AnsibleModule, env_fallback as e", "ansible.module_utils.basic.AnsibleModule ansible.module_utils.basic.env_fallback"},
		{"brackets", "from ansible.module_utils.a import (  # why\n    b,\n    c as d,\n)\n", "ansible.module_utils.a.b ansible.module_utils.a.c"},
		{"joined lines", "from ansible.module_utils.a \\\n  import b\n", "ansible.module_utils.a.b"},
		{"nested are optional", "try:\n    from ansible.module_utils.a import b\nexcept ImportError:\n    pass\n", "?ansible.module_utils.a.b"},
		{"on the line of an if", "if x: import ansible.module_utils.a\n", "?ansible.module_utils.a"},
		{"after a semicolon", "x = 1; import ansible.module_utils.a\nimport ansible.module_utils.b", "ansible.module_utils.a ansible.module_utils.b"},
		{"in strings and comments", "D = r'''\nfrom ansible.module_utils.a import b\n'''\n# import ansible.module_utils.c\nx = \"\\\"import ansible.module_utils.d\"\n", ""},
		{"in brackets that are not closed by strings", "x = {'a': [1, ')'],\n  'b': '''\n}'''}\nimport ansible.module_utils.a\n", "ansible.module_utils.a"},
		{"relative", "from ..module_utils.x import y\nfrom ...plugins.module_utils import z\n", "ansible_collections.n.c.plugins.module_utils.x.y ansible_collections.n.c.plugins.module_utils.z"},
		{"of a collection", "from ansible_collections.a.b.plugins.module_utils.c import d\nfrom ansible_collections.a.b.plugins.lookup import e\n", "ansible_collections.a.b.plugins.module_utils.c.d"},
		{"others", "import os\nfrom json import loads\nfrom ansible.errors import X\n", ""},
		{"names like keywords", "importer = 1\nfrom_x = 2\nx = yield_from\n", ""},
		{"cut off", "from ansible.module_utils.a import", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, i := range imports([]byte(test.src), "ansible_collections.n.c.plugins.modules.m", false) {
				name := strings.Join(i.parts, ".")
				if i.optional {
					name = "?" + name
				}
				got = append(got, name)
			}
			if d := cmp.Diff(test.want, strings.Join(got, " ")); d != "" {
				t.Error(d)
			}
		})
	}
}

// mapDisk is a disk in memory.
type mapDisk struct{ fstest.MapFS }

func (m mapDisk) ReadFile(p string) ([]byte, error) {
	return fs.ReadFile(m.MapFS, strings.TrimPrefix(p, "/"))
}

func (m mapDisk) IsFile(p string) bool {
	_, ok := m.MapFS[strings.TrimPrefix(p, "/")]
	return ok
}

func (m mapDisk) IsDir(p string) bool {
	fi, err := fs.Stat(m.MapFS, strings.TrimPrefix(p, "/"))
	return err == nil && fi.IsDir()
}

func testLibrary(files map[string]string) *Library {
	m := fstest.MapFS{"core/ansible/module_utils/basic.py": &fstest.MapFile{Data: []byte("from ansible.module_utils import shared\n")},
		"core/ansible/module_utils/shared.py": &fstest.MapFile{Data: []byte("x = 1\n")}}
	for p, src := range files {
		m[p] = &fstest.MapFile{Data: []byte(src)}
	}
	return &Library{Disk: mapDisk{m}, Core: "/core/ansible", Version: "2.14.18", Utils: []string{"/play/module_utils"},
		Collection: func(name string) string {
			if name == "n.c" {
				return "/coll/ansible_collections/n/c"
			}
			return ""
		},
		Route: func(coll, util string) Route {
			switch coll + "/" + util {
			case "n.c/moved":
				return Route{Redirect: "n.c.here"}
			case "n.c/gone":
				return Route{Removed: "module_util gone has been removed."}
			}
			return Route{}
		}}
}

func TestBuild(t *testing.T) {
	const basic = "from ansible.module_utils.basic import AnsibleModule\n"
	tests := []struct {
		name, file string
		src        string
		more       map[string]string
		style      ir.Style
		own, fault string
	}{
		{name: "of a playbook", file: "/play/library/m.py", src: basic, style: ir.StylePython,
			own: "ansible/modules/__init__.py ansible/modules/m.py"},
		{name: "the user's module_utils", file: "/play/library/m.py", src: basic + "import ansible.module_utils.mine\n", more: map[string]string{"play/module_utils/mine.py": ""},
			style: ir.StylePython, own: "ansible/module_utils/mine.py ansible/modules/__init__.py ansible/modules/m.py"},
		{name: "of a collection", file: "/coll/ansible_collections/n/c/plugins/modules/m.py", src: "from ..module_utils.here import x\n",
			more: map[string]string{"coll/ansible_collections/n/c/plugins/module_utils/here.py": ""}, style: ir.StylePython,
			own: "ansible_collections/__init__.py ansible_collections/n/__init__.py ansible_collections/n/c/__init__.py ansible_collections/n/c/plugins/__init__.py " +
				"ansible_collections/n/c/plugins/module_utils/__init__.py ansible_collections/n/c/plugins/module_utils/here.py " +
				"ansible_collections/n/c/plugins/modules/__init__.py ansible_collections/n/c/plugins/modules/m.py"},
		{name: "moved", file: "/play/library/m.py", src: "from ansible_collections.n.c.plugins.module_utils.moved import x\n",
			more: map[string]string{"coll/ansible_collections/n/c/plugins/module_utils/here.py": ""}, style: ir.StylePython,
			own: "ansible/modules/__init__.py ansible/modules/m.py ansible_collections/__init__.py ansible_collections/n/__init__.py ansible_collections/n/c/__init__.py " +
				"ansible_collections/n/c/plugins/__init__.py ansible_collections/n/c/plugins/module_utils/__init__.py ansible_collections/n/c/plugins/module_utils/here.py " +
				"ansible_collections/n/c/plugins/module_utils/moved/__init__.py"},
		{name: "gone", file: "/play/library/m.py", src: "from ansible_collections.n.c.plugins.module_utils.gone import x\n", fault: "module_util gone has been removed."},
		{name: "missing", file: "/play/library/m.py", src: basic + "from ansible.module_utils.no.where import x\n",
			fault: "Could not find imported module support code for ansible.modules.m.  Looked for (['ansible.module_utils.no.where.x', 'ansible.module_utils.no.where'])"},
		{name: "missing but optional", file: "/play/library/m.py", src: basic + "try:\n  import ansible.module_utils.nowhere\nexcept ImportError: pass\n",
			style: ir.StylePython, own: "ansible/modules/__init__.py ansible/modules/m.py"},
		{name: "collection that is not there", file: "/play/library/m.py", src: "from ansible_collections.a.b.plugins.module_utils.x import y\n",
			fault: "error processing module_util ansible_collections.a.b.plugins.module_utils.x.y loading redirected collection a.b: unable to locate collection a.b"},
		{name: "arguments in the text", file: "/play/library/m", src: "#!/bin/sh\necho '<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>'\n", style: ir.StyleReplaced, own: "m"},
		{name: "JSON", file: "/play/library/m", src: "#!/usr/bin/perl -w\n# WANT_JSON\n", style: ir.StyleJSON, own: "m"},
		{name: "old", file: "/play/library/m.sh", src: "#!/bin/sh\n. $1\n", style: ir.StyleOld, own: "m.sh"},
		{name: "binary", file: "/play/library/m", src: "\x7fELF\x00", style: ir.StyleBinary, own: "m"},
		{name: "without interpreter", file: "/play/library/m", src: "echo\n", fault: "module (m) is missing interpreter line"},
		{name: "for Windows", file: "/play/library/m.ps1", src: "#Requires -Module Ansible.ModuleUtils.Legacy\n", fault: "unsupported: the module m is written for PowerShell"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			files := map[string]string{strings.TrimPrefix(test.file, "/"): test.src}
			for p, s := range test.more {
				files[p] = s
			}
			b, err := testLibrary(files).Build("m", test.file)
			if test.fault != "" {
				if err == nil || err.Error() != test.fault {
					t.Fatalf("got %v, want %s", err, test.fault)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if b.Style != test.style {
				t.Errorf("style %d, want %d", b.Style, test.style)
			}
			if d := cmp.Diff(strings.Fields(test.own), names(unpacked(t, b.Blobs[b.Own]))); d != "" {
				t.Error(d)
			}
		})
	}
}

func FuzzImports(f *testing.F) {
	f.Add("from ansible.module_utils.a import (b,\n c)\n'''x'''; import ansible.module_utils.d")
	f.Fuzz(func(_ *testing.T, src string) { imports([]byte(src), "a.b.c", true) })
}
