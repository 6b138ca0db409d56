package builtin

import "testing"

func TestLineinfile(t *testing.T) {
	setup := []string{"file f 0640 # conf\\na = 1\\nb = 2\\n# a = 3\\nlast", "link l f", "dir d 0755", "file nl 0644 x\\ny\\n", "file crlf 0644 a\\r\\nb\\r\\n"}
	differ(t, "lineinfile", []scenario{
		{name: "present", setup: setup, steps: []string{
			`diff check lineinfile {"path": "@D@/f", "line": "c = 3"}`,
			`diff lineinfile {"path": "@D@/f", "line": "c = 3"}`,
			`lineinfile {"path": "@D@/f", "line": "c = 3"}`,
			`lineinfile {"path": "@D@/f", "regexp": "^a\\s*=", "line": "a = 10", "backup": true}`,
			`lineinfile {"path": "@D@/f", "regexp": "^a\\s*=", "line": "a = 10"}`,
			`lineinfile {"path": "@D@/f", "regexp": "a\\s*=", "line": "a = 11"}`,
			`lineinfile {"path": "@D@/f", "regexp": "^zz", "line": "zz", "insertafter": "^b"}`,
			`lineinfile {"path": "@D@/f", "line": "after b", "insertafter": "^b"}`,
			`lineinfile {"path": "@D@/f", "line": "after b", "insertafter": "^b"}`,
			`lineinfile {"path": "@D@/f", "line": "before b", "insertbefore": "^b"}`,
			`lineinfile {"path": "@D@/f", "line": "before b", "insertbefore": "^b"}`,
			`lineinfile {"path": "@D@/f", "line": "top", "insertbefore": "BOF"}`,
			`lineinfile {"path": "@D@/f", "line": "top2", "insertafter": "BOF"}`,
			`lineinfile {"path": "@D@/f", "line": "end", "insertafter": "EOF"}`,
			`lineinfile {"path": "@D@/f", "line": "nowhere", "insertafter": "^no such"}`,
			`lineinfile {"path": "@D@/f", "line": "after last", "insertafter": "^last"}`,
			`lineinfile {"path": "@D@/f", "regexp": "^(b) = (\\d+)", "line": "\\1 = \\g<2>0", "backrefs": true}`,
			`lineinfile {"path": "@D@/f", "regexp": "^(q) = (\\d+)", "line": "\\1 = \\g<2>0", "backrefs": true}`,
			`lineinfile {"path": "@D@/f", "search_string": "top2", "line": "TOP2"}`,
			`lineinfile {"path": "@D@/f", "line": "first", "insertafter": "=", "firstmatch": true}`,
			`lineinfile {"path": "@D@/f", "regexp": "=", "line": "first match", "firstmatch": true, "mode": "0600"}`,
			`lineinfile {"path": "@D@/f", "line": "first match", "mode": "0644"}`,
			`check diff lineinfile {"path": "@D@/f", "line": "first match", "mode": "0640"}`,
			`lineinfile {"path": "@D@/l", "line": "through link"}`,
			`lineinfile {"path": "@D@/crlf", "line": "a"}`,
			`lineinfile {"path": "@D@/crlf", "regexp": "^b", "line": "b2"}`,
		}},
		{name: "create", setup: setup, steps: []string{
			`lineinfile {"path": "@D@/new", "line": "x"}`,
			`check diff lineinfile {"path": "@D@/new", "line": "x", "create": true}`,
			`diff lineinfile {"path": "@D@/new", "line": "x", "create": true, "mode": "0600"}`,
			`lineinfile {"path": "@D@/n1/n2/new", "line": "x", "create": true}`,
			`lineinfile {"path": "@D@/f/new", "line": "x", "create": true}`,
		}},
		{name: "absent", setup: setup, steps: []string{
			`check diff lineinfile {"path": "@D@/f", "state": "absent", "regexp": "a ="}`,
			`diff lineinfile {"path": "@D@/f", "state": "absent", "regexp": "a =", "backup": true}`,
			`lineinfile {"path": "@D@/f", "state": "absent", "regexp": "a ="}`,
			`lineinfile {"path": "@D@/f", "state": "absent", "line": "last"}`,
			`lineinfile {"path": "@D@/f", "state": "absent", "search_string": "b"}`,
			`lineinfile {"path": "@D@/none", "state": "absent", "line": "last"}`,
			`lineinfile {"path": "@D@/f", "state": "absent"}`,
		}},
		{name: "refused", setup: setup, steps: []string{
			`lineinfile {"path": "@D@/d", "line": "x"}`,
			`lineinfile {"path": "@D@/f"}`,
			`lineinfile {"path": "@D@/f", "line": "x", "backrefs": true}`,
			`lineinfile {"path": "@D@/f", "line": "x", "regexp": "a", "search_string": "b"}`,
			`lineinfile {"path": "@D@/f", "line": "x", "insertafter": "a", "insertbefore": "b"}`,
			`lineinfile {"path": "@D@/nl", "line": "z", "regexp": ""}`,
			`lineinfile {"path": "@D@/nl", "line": "z2", "search_string": ""}`,
			`lineinfile {"path": "@D@/f", "line": "bad", "validate": "grep good %s"}`,
			`lineinfile {"path": "@D@/f", "line": "good", "validate": "grep good %s"}`,
			`lineinfile {"path": "@D@/f", "line": "good2", "validate": "grep good"}`,
			`lineinfile {"path": "@D@/f", "line": 5, "regex": "^5"}`,
			`lineinfile {"line": "x"}`,
		}},
	})
}

func TestBlockinfile(t *testing.T) {
	setup := []string{"file f 0640 # conf\\na = 1\\nb = 2\\nlast", "dir d 0755", "file e 0644 "}
	differ(t, "blockinfile", []scenario{
		{name: "block", setup: setup, steps: []string{
			`check diff blockinfile {"path": "@D@/f", "block": "x\ny"}`,
			`diff blockinfile {"path": "@D@/f", "block": "x\ny"}`,
			`diff blockinfile {"path": "@D@/f", "block": "x\ny\n"}`,
			`blockinfile {"path": "@D@/f", "block": "x\nz", "backup": true}`,
			`blockinfile {"path": "@D@/f", "block": "second", "marker": "## {mark} two", "insertafter": "^a"}`,
			`blockinfile {"path": "@D@/f", "block": "third", "marker": "## {mark} three", "insertbefore": "^a", "marker_begin": "(", "marker_end": ")"}`,
			`blockinfile {"path": "@D@/f", "block": "four", "marker": "## {mark} four", "insertbefore": "BOF"}`,
			`blockinfile {"path": "@D@/f", "block": "five", "marker": "## {mark} five", "insertafter": "(?m)^a = 1\nb"}`,
			`blockinfile {"path": "@D@/f", "block": "six", "marker": "## {mark} six", "insertafter": "^none"}`,
			`blockinfile {"path": "@D@/f", "block": "", "marker": "## {mark} six"}`,
			`diff blockinfile {"path": "@D@/f", "state": "absent"}`,
			`blockinfile {"path": "@D@/f", "state": "absent"}`,
			`blockinfile {"path": "@D@/f", "block": "seven", "marker": "# no mark"}`,
			`blockinfile {"path": "@D@/e", "block": "in empty", "mode": "0600"}`,
			`blockinfile {"path": "@D@/e", "block": "in empty", "mode": "0644"}`,
		}},
		{name: "create", setup: setup, steps: []string{
			`blockinfile {"path": "@D@/new", "block": "x"}`,
			`check blockinfile {"path": "@D@/new", "block": "x", "create": true}`,
			`blockinfile {"path": "@D@/new", "block": "x", "create": true}`,
			`blockinfile {"path": "@D@/n1/new", "block": "x", "create": true}`,
			`blockinfile {"path": "@D@/none", "state": "absent"}`,
			`blockinfile {"path": "@D@/none", "state": "absent", "create": true}`,
			`blockinfile {"path": "@D@/d", "block": "x"}`,
			`blockinfile {"path": "@D@/f", "block": "bad", "validate": "grep good %s"}`,
			`blockinfile {"path": "@D@/f", "block": "x", "insertafter": "a", "insertbefore": "b"}`,
		}},
	})
}

func TestReplace(t *testing.T) {
	setup := []string{"file f 0640 # conf\\na = 1\\nb = 2\\n[s]\\na = 5\\n[t]\\na = 6\\n", "dir d 0755"}
	differ(t, "replace", []scenario{
		{name: "replace", setup: setup, steps: []string{
			`check diff replace {"path": "@D@/f", "regexp": "^a = (\\d+)$", "replace": "A = \\1"}`,
			`diff replace {"path": "@D@/f", "regexp": "^b = (\\d+)$", "replace": "B = \\g<1>!"}`,
			`replace {"path": "@D@/f", "regexp": "^b = (\\d+)$", "replace": "B = \\1"}`,
			`replace {"path": "@D@/f", "regexp": "a", "replace": "a"}`,
			`replace {"path": "@D@/f", "regexp": "a = ", "replace": "x = ", "after": "\\[s\\]", "before": "\\[t\\]"}`,
			`replace {"path": "@D@/f", "regexp": "a = ", "replace": "y = ", "after": "\\[t\\]", "backup": true}`,
			`replace {"path": "@D@/f", "regexp": "a = ", "replace": "z = ", "before": "\\[s\\]"}`,
			`replace {"path": "@D@/f", "regexp": "a = ", "replace": "z = ", "before": "\\[q\\]"}`,
			`replace {"path": "@D@/f", "regexp": "^#.*\\n"}`,
			`replace {"path": "@D@/f", "regexp": "none", "mode": "0600"}`,
			`replace {"path": "@D@/f", "regexp": "z", "replace": "zz", "mode": "0644"}`,
			`replace {"path": "@D@/none", "regexp": "a"}`,
			`replace {"path": "@D@/d", "regexp": "a"}`,
			`replace {"path": "@D@/f"}`,
			`replace {"path": "@D@/f", "regexp": "z", "replace": "bad", "validate": "grep good %s"}`,
		}},
	})
}

func TestAssemble(t *testing.T) {
	setup := []string{"dir frag 0755", "file frag/1-a 0644 one\\n", "file frag/2-b 0644 two", "file frag/3-c 0644 three\\n", "file frag/.hid 0644 hidden\\n",
		"dir frag/sub 0755", "file f 0644 x"}
	differ(t, "assemble", []scenario{
		{name: "assemble", setup: setup, steps: []string{
			`assemble {"src": "@D@/frag", "dest": "@D@/out"}`,
			`assemble {"src": "@D@/frag", "dest": "@D@/out"}`,
			`assemble {"src": "@D@/frag", "dest": "@D@/out", "ignore_hidden": true, "backup": true, "mode": "0600"}`,
			`assemble {"src": "@D@/frag", "dest": "@D@/out", "ignore_hidden": true, "delimiter": "### cut"}`,
			`assemble {"src": "@D@/frag", "dest": "@D@/out", "ignore_hidden": true, "delimiter": "a\\tb\\x41\\n"}`,
			`assemble {"src": "@D@/frag", "dest": "@D@/out", "regexp": "^[12]-"}`,
			`assemble {"src": "@D@/frag", "dest": "@D@/out", "regexp": "("}`,
			`assemble {"src": "@D@/frag", "dest": "@D@/out", "regexp": "^3", "validate": "grep three %s"}`,
			`assemble {"src": "@D@/frag", "dest": "@D@/out", "regexp": "^1", "validate": "grep three %s"}`,
			`assemble {"src": "@D@/frag", "dest": "@D@/out", "regexp": "^1", "validate": "grep three"}`,
			`check assemble {"src": "@D@/frag", "dest": "@D@/out", "regexp": "^1"}`,
			`assemble {"src": "@D@/none", "dest": "@D@/out"}`,
			`assemble {"src": "@D@/f", "dest": "@D@/out"}`,
			`assemble {"src": "@D@/frag", "dest": "@D@/frag"}`,
			`assemble {"src": "@D@/frag"}`,
			`assemble {"src": "@D@/frag", "dest": "@D@/out", "wrong": 1}`,
		}},
	})
}

func TestIniFile(t *testing.T) {
	setup := []string{"file f.ini 0640 ; words\\n[s]\\na = 1\\n# b = 2\\nc=3\\n many=x\\nmany = w\\n;many\\nflag\\n\\n# tail\\n[t]\\nd = 4\\n[s]x\\na=9",
		"file top.ini 0644 \\ufeffk = v\\r\\n\\r\\n[a.b]\\r\\nx.y = 1\\r\\nxzy = 2\\r\\n", "file bytes.ini 0644 \\xff", "dir dir 0755", "link l.ini f.ini", "file only.ini 0644 a=1\\n"}
	at := func(file, rest string) string {
		return `community.general.ini_file {"path": "@D@/` + file + `", ` + rest + `}`
	}
	differ(t, "ini_file", []scenario{
		{name: "present", setup: setup, steps: []string{
			"check diff " + at("f.ini", `"section": "s", "option": "a", "value": "5"`),
			"diff " + at("f.ini", `"section": "s", "option": "a", "value": "5", "mode": "0600"`),
			at("f.ini", `"section": "s", "option": "a", "value": "5"`),
			at("f.ini", `"section": "s", "option": "b", "value": 2, "no_extra_spaces": true`),
			at("f.ini", `"section": "t", "option": "many", "values": ["x", "y", "x"]`),
			at("f.ini", `"section": "t", "option": "many", "values": ["z"], "exclusive": false`),
			at("f.ini", `"section": "t", "option": "many", "values": ["q", "x"]`),
			at("f.ini", `"section": "new", "option": "b", "values": ["1", "2"]`),
			at("f.ini", `"section": "new", "option": "flag", "allow_no_value": true`),
			at("f.ini", `"section": "new", "option": "flag", "allow_no_value": true`),
			at("f.ini", `"section": "new", "option": "flag", "value": "now"`),
			at("f.ini", `"section": "new", "option": "b", "value": "", "allow_no_value": true`),
			at("f.ini", `"section": "bare", "option": "flag", "allow_no_value": true`),
			at("f.ini", `"section": "none", "allow_no_value": true`),
			at("f.ini", `"section": "none", "allow_no_value": true`),
			at("f.ini", `"option": "top", "value": "x", "backup": true`),
			at("l.ini", `"option": "top", "value": "y"`),
			at("top.ini", `"section": "a.b", "option": "x.y", "value": "3"`),
			at("top.ini", `"option": "k", "value": "w"`),
			at("top.ini", `"section": "a.b", "option": "", "value": "w"`),
			at("made/g.ini", `"section": "s", "option": "a", "value": "b", "backup": true`),
			at("made/h.ini", `"option": "a", "value": "b"`),
			"check " + at("made/none/h.ini", `"option": "a", "value": "b"`),
			`ini_file {"dest": "@D@/i.ini", "section": "s", "option": "a", "value": "b", "owner": "0", "group": "0", "mode": "u=rw,go="}`,
		}},
		{name: "section again", setup: setup, steps: []string{
			at("f.ini", `"section": "s", "option": "many", "values": ["v", "w"], "exclusive": true`),
			at("f.ini", `"section": "s", "option": "new", "value": "1"`),
		}},
		{name: "absent", setup: setup, steps: []string{
			at("f.ini", `"section": "t", "option": "many", "state": "absent"`),
			"check diff " + at("f.ini", `"section": "s", "option": "a", "state": "absent"`),
			at("f.ini", `"section": "s", "option": "a", "state": "absent"`),
			at("f.ini", `"section": "t", "option": "d", "value": "5", "exclusive": false, "state": "absent"`),
			at("f.ini", `"section": "t", "option": "d", "values": ["5", "4"], "exclusive": false, "state": "absent"`),
			at("f.ini", `"section": "t", "option": "d", "exclusive": false, "state": "absent"`),
			at("f.ini", `"section": "t", "state": "absent"`),
			at("f.ini", `"section": "none", "state": "absent"`),
			at("f.ini", `"state": "absent"`),
			at("only.ini", `"state": "absent"`),
			at("none.ini", `"section": "t", "state": "absent"`),
		}},
		{name: "refused", setup: setup, steps: []string{
			at("none.ini", `"section": "s", "option": "a", "value": "b", "create": false`),
			at("f.ini", `"section": "s", "option": "a"`),
			at("f.ini", `"section": "s", "option": "a", "values": []`),
			at("f.ini", `"section": "s", "value": "a"`),
			at("f.ini", `"section": "nowhere", "value": "a"`),
			at("bytes.ini", `"section": "s", "option": "a", "value": "b"`),
			at("dir", `"section": "s", "option": "a", "value": "b"`),
			at("f.ini/x.ini", `"section": "s", "option": "a", "value": "b"`),
			at("f.ini", `"option": "a", "value": "b", "values": ["c"], "wrong": 1`),
			`ini_file {"section": "s"}`,
		}},
	})
}
