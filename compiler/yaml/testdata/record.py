#!/usr/bin/python3
"""Asks the installed ansible-core 2.14 what it reads from small sources, and writes cases.json: for each
source the tree with its places, the warnings, or the error with its excerpt. Sources are the ones listed
and seeded mutations of some playbooks. Run it with the Python that has Ansible; the test reads only
cases.json. The file of a source is called $FILE."""
import json
import os
import random
import tempfile

from ansible.parsing.dataloader import DataLoader
from ansible.parsing.yaml.objects import AnsibleVaultEncryptedUnicode
import ansible.parsing.yaml.constructor as constructor

HERE = os.path.dirname(os.path.abspath(__file__))

LISTED = r'''
a: b: c
===
- hosts: all
	tasks: []
===
a: "foo
b: c
===
a: {{ foo }}/x
===
- hosts: all
  tasks:
    - debug:
        msg: {{ foo }}
===
a: [1, 2
b: 3
===
a: "x" y
===
- a
b: c
===
a: *nope
===
a: @x
===
a: %x
===
a: 1
 b: 2
===
a: "\z"
===
a: !<x
===
a: 'it's'
===
a:
  - b
 c: d
===
a: `x`
===
x: |
  a
 b
===
- hosts: all
  tasks:
  - debug: msg="x"
    foo: bar: baz
===
- hosts: all
  tasks:
  - copy: src=a dest=b
      mode: 1
===
- when: "ok" in x
===
- foo: "bad" "wolf"
===
- copy: src=file.txt dest=/path/filename:with: colon
===
a: !foo x
===
a: &x {k: 1, l: 2}
b:
  <<: *x
  k: 3
===
a: 1
a: 2
b: {c: 1, c: 2}
===
1: a
true: b
===
? [a, b]
: c
===
<<: 3
===
<<: [{a: 1}, {a: 2, b: 3}]
===
a: !unsafe {x: {y: z}, w: [1, a], q: s}
===
a: !unsafe 12
b: !unsafe [x, {y: z}]
===
a: ! 12
===
a: =
===
=: a
===
a: !!set {x}
===
a: !!omap [x: 1]
===
a: !!omap [x]
===
a: !!int foo
===
a: 2001-13-01
===
a: 0b_
===
a: !!bool foo
===
a: !!binary "@"
===
a: !!binary aGVsbG8=
===
a: !!str [x]
===
a: !!map x
===
a: !vault |
  $ANSIBLE_VAULT;1.1;AES256
  61
===
a: [190:20:30.15, +12, 1_000.5, 0x1F, 0o17, 017, 08, 1e3, 1.0e3, 1.0e+3, .5, -.inf, .NaN, ~, null, yes, No, y, on, 1:30, 01:30, "1", 'x']
===
a: [2001-12-14t21:59:43.10-05:00, 2001-1-1 0:00:00, 2001-01-01, 2001-1-1]
===
{"a": "x", "b": [1, 2.0, 1e3, -0, 1E400, true, null, "\u00e9\n"], "a": 2}
===
{"a": {"__ansible_unsafe": "x"}, "b": {"__ansible_unsafe": ["y", {"z": 1}]}}
===
{"a": 1,}
===
{"a" 1}
===
{'a': 1}
===
[1, 2
===
[1 2]
===
"a
===
"\x"
===
"\u12"
===
1 2
===
nul
===
# only a comment
===
"x"
===
12
===
text
===
a:
  - b
  -c
  - d
===
- name: é {{ ü }}
  ä: ö: x
===
a: >-
  folded
  text

  more
b: |+
  kept

c: |2
    indented
===
"quoted
  over lines": 'it''s
  more'
===
&a a: *a
===
a: b	# tab
===
a:	b
===
- {a: 1, b, c: }
===
!!python/unicode x
===
a: !!python/tuple [1]
===
a: !!null x
===
a: !!float '1'
===
---
a: 1
...
===
%YAML 1.1
---
a: 1
===
%YAML 3.0
---
a: 1
===
a: 1
---
b: 2
===
key: value
- item
===
foo:
  bar
 baz: 1
===
a: "x
  : y"
b: "
===
[a: b, c: [d, {e: f}]]
'''

SEEDS = ['''---
- name: Configure the web servers
  hosts: web:db
  become: yes
  vars:
    port: 8080
    text: "some {{ port }} text"
    list: [a, 'b', 3]
  tasks:
    - name: Copy a file
      copy: src=a.txt dest=/etc/a.txt mode=0644
      when: port > 80 and
            text is defined
      notify: restart
    - template:
        src: x.j2
        dest: "/etc/{{ item }}"
      with_items:
        - one
        - two   # comment
  handlers:
    - name: restart
      service: {name: web, state: restarted}
''', '''# inventory
all:
  hosts:
    a.example.com:
      ansible_port: 22
    b[1:3]: {x: 1}
  children:
    web:
      vars: &v
        text: |
          line 1
            line 2
        other: >
          folded
      hosts: {a.example.com: }
    db:
      vars:
        <<: *v
        n: 0o17
''']
INSERTS = [':', ' : ', '{{ x }}', '\t', '"', "'", '- ', '{', '}', '[', ']', '  ', ' ', '\n', '*v', '&a ', '!x ', '%', '@', '`', '#', '|', '>',
           '? ', 'é', '=', 'a=b', '<<: ', '~', '!!int ', '!unsafe ', '!vault ', '1', '\x07', ',', '\\', '"\\q"', '!!set ', '---']


def mutations(count):
    rng = random.Random(11)
    for _ in range(count):
        s = rng.choice(SEEDS)
        p = rng.randrange(len(s))
        if rng.random() < .25:
            yield s[:p] + s[p + rng.randrange(1, 4):]
        else:
            yield s[:p] + rng.choice(INSERTS) + s[p:]


def quote(s):
    return s.replace('\\', '\\\\').replace('\n', '\\n')


def tree(v, depth, lines):
    line = getattr(v, '_line_number', 0)
    head = ' ' * depth + ('%d:%d ' % (line, v._column_number) if line else '- ')
    if isinstance(v, AnsibleVaultEncryptedUnicode):
        lines.append(head + 'vault ' + quote(v._ciphertext.decode()))
    elif isinstance(v, dict):
        lines.append(head + type(v).__name__)
        for k in v:
            tree(k, depth + 1, lines)
            tree(v[k], depth + 2, lines)
    elif isinstance(v, (list, tuple)):
        lines.append(head + type(v).__name__)
        for x in v:
            tree(x, depth + 1, lines)
    else:
        text = str.__repr__(v) if isinstance(v, str) else repr(v)
        lines.append(head + type(v).__name__ + ' ' + quote(text))


def outcome(src, file):
    with open(file, 'w', newline='') as f:
        f.write(src)
    warnings = []
    constructor.display.warning = lambda m, **k: warnings.append('warning: ' + m)
    lines = []
    try:
        tree(DataLoader().load_from_file(file), 0, lines)
    except Exception as e:
        text = str(e)
        if type(e).__name__ != 'AnsibleParserError':
            text = 'Unexpected Exception, this is probably a bug: ' + text
        lines = ['error: ' + text]
    return [x.replace(file, '$FILE') for x in warnings + lines]


cases = []
with tempfile.TemporaryDirectory() as d:
    file = os.path.join(d, 'f.yml')
    for src in [s + '\n' if not s.endswith('\n') else s for s in LISTED[1:].split('===\n')] + list(mutations(160)):
        cases.append({'src': src, 'want': outcome(src, file)})
with open(os.path.join(HERE, 'cases.json'), 'w') as f:
    json.dump(cases, f, indent=1, ensure_ascii=False)
    f.write('\n')
print(len(cases), 'cases')
