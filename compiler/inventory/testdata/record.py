#!/usr/bin/python3
"""Asks the installed ansible-core 2.14 what it makes of inventories, and writes cases.json: for each
case its files and, line by line, the groups, hosts, variables, matches and warnings. In the lines the
folder of a case is $DIR. Run it with the Python that has Ansible; the test reads only cases.json."""
import json
import os
import shutil
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
cases = []


def case(name, files, src, pat=(), limit=None, pb=None, modes={}, enabled=()):
    cases.append({'name': name, 'files': files, 'modes': modes, 'src': src, 'pat': list(pat), 'limit': limit or '', 'pb': pb or '', 'enabled': list(enabled)})


ini='''# comment
; other
lone ansible_host=10.0.0.1
127.0.0.5
[web]
web[1:3].example.com http_port=80 flag=True name='a b' l="[1, 'x', {'k': None}]" # trailing
web1.example.com extra=1
alpha:2222
[db]
db[01:10:3]-x[a:c] v=0x10 f=1.5 t=yes n=None o=010 e=1e3
"quoted host" x=1
[db:vars]
a=1
b = hello world # not a comment
c = "quoted" # comment
d=[1,2,
e={'a': {'b': (1,2)}}
f=
g==x
h='it''s'
i=1 # one
j=-5
k=+1.5e-3
l={1,2}
m='a' 'b'
n=r"\\x" 
o=1_000
p=0o17
q="\\x41\\u00e9\\n"
r=('a',)
s=()
t="""x"""
u=1,2
v=1+2
w=--1
x={}
y=12345678901234567890123
z=True
[all:vars]
glob=1
pct=50%
[parent:children]
web
db
[top:children]
parent
other
[other]
zed
[other:vars]
ansible_group_priority=5
'''
P=['all','web','db','web*','*.example.com','web:db','web,db','web:&all','all:!web','all,!db','~web[12]','~.*','web[0]','web[-1]','web[0:1]','web[1:]','web[0-1]','web[5]','web[9:]','web[0:0]','nope','nope*','localhost','127.0.0.1','parent','top','!web','&web','ungrouped','un*','lone','web[0]:db[0]','all[0:2]','alpha','web:nope','~[','al[lp]*','[ab]*','[!a]*','db*[1]','web1.example.com,alpha','*','top:!parent','all:&top:!web[0]','::1','host:22','a b',' web , db ','web?.example.com','~(?P<x>web)1','all[x:y]']
case('ini',{'hosts':ini},['hosts'],P)
case('limit',{'hosts':ini,'lim':'web1.example.com\n\nzed\nnothere\n'},['hosts'],['all','web','localhost'],limit='@D/lim')
case('limit2',{'hosts':ini},['hosts'],['all','web','localhost','db'],limit='web:!alpha')
case('limit3',{'hosts':ini},['hosts'],['all'],limit='@D/nofile')
case('list',{},['a,b:22,c[1:2], d ,[::1]:2200,'],['all','a','c[1:2]','b','localhost'])
case('list1',{},['localhost,'],['all','localhost'])
case('none',{},['nofile'],['all','localhost','x'])
case('empty',{'hosts':''},['hosts'],['all','localhost'])
for n,t in {'b1':'[web\nx\n','b2':'[web:foo]\nx\n','b3':'[web:children]\nnope\n','b4':'[web:vars]\nx=1\n','b5':'x y\n','b6':'x a="b\n','b7':'[a]\nx\n[a:vars]\nfoo\n','b8':'[a:children]\nx y\n','b9':'x:\n','b10':'---\nx\n','b11':'x[1:2\n','b12':'x[1:2:3:4]\n','b13':'x[:]\n','b14':'x[01:2]\n','b15':'x[c:a]\n','b16':'x[a:2]\n','b17':'x|y[1:2]\n','b18':'[a b]\nx\n','b19':'[a-b]\nx\n[1c]\ny\n','b20':'[a]\n[b:children]\na\n[a:children]\nb\n','b21':'[a]\na\n','b22':'localhost\n127.0.0.1\n','b23':'x ansible_group_priority=3\n[g]\nx\n[g:vars]\nansible_group_priority=abc\n','b24':'x[1:3:0]\n','b25':'h a=1 a=2 b=\'x y\' c="q\\"r" d=a#b e=\\ x\n','b26':'h[0:3]x[a:b] v=1\n','b27':'[g]\nh[a:e:2]\n[g:children]\nk\n[k]\nz\n','b28':'h x=[1,2\n','b29':'h ansible_port=1\nh:5 y=2\n','b30':'[a]\nx\n[b]\nx\n[a:vars]\nq=1\n[b:vars]\nq=2\n','b31':'[z]\nx\n[z:vars]\nq=1\n[b]\nx\n[b:vars]\nq=2\n[c:children]\nb\n[d:children]\nz\n[c:vars]\nq=3\n','b32':'[a:children]\nb\n[b:children]\nc\n[c]\nx\n','b33':'[c:vars]\nv=1\n[c]\nx\n','b34':'\tx\n  y   z=1\n','b35':'[all]\nx\n[ungrouped]\ny\n','b36':'[all:children]\nq\n[q]\nx\n','b37':'x\r\ny a=1\r\n[w]\r\nx\r\n','b38':'[2001:db8::1]:22\n2001:db8::[1:2]\n10.0.0.[1:3]\n','b39':'héllo v=é\n','b40':'[a]  # c\nx\n[a:vars] # d\nk=v\n','b41':'x={{ foo }} y\n','b42':'h x="{{ foo }}" y={{bar}}\n','b43':'h {\n'}.items():
    case(n,{'hosts':t},['hosts'],['all'])
Y='''all:
  vars:
    a: 1
  hosts:
    h1:
      x: {y: [1, yes, 0777]}
    h[2:4]:
    lone:5555: {z: 1}
  children:
    web:
      hosts: h1
      vars: {p: "{{ q }}"}
      children:
        sub:
          hosts:
            h3: {s: 1}
    db:
    bad: [1]
    odd:
      foo: {}
      bar: 1
'''
case('yaml',{'inv.yml':Y},['inv.yml'],['all','web','sub','lone'])
case('yaml2',{'inv.yml':Y.replace('    bad: [1]\n','')},['inv.yml'],['all','web','sub','lone','h[2:4]','h*'])
case('yaml3',{'inv.json':'{"all": {"hosts": {"x": {"a": [1, {"b": null}], "c": "{{ d }}"}}, "children": {"g": {"hosts": {"y": null}}}}}'},['inv.json'],['all','g'])
case('depth',{'hosts':'[a:children]\nb\nc\n[b:children]\nd\n[c]\nh1\n[d]\nh1\nh2\n[e:children]\na\n[a:vars]\nv=a\n[b:vars]\nv=b\n[c:vars]\nv=c\n[d:vars]\nv=d\n[e:vars]\nv=e\nw=e\n'},['hosts'],['e','a','b'])
case('priority',{'hosts':'[b]\nh\n[a]\nh\n[a:vars]\nv=a\nansible_group_priority=10\n[b:vars]\nv=b\n[c]\nh\n[c:vars]\nv=c\n','group_vars/b.yml':'x: b\n','group_vars/a.yml':'x: a\n','group_vars/c.yml':'x: c\nansible_group_priority: 100\n'},['hosts'],['all'])
case('hostvarsdirs',{'hosts':'h1.example.com\nh2\n','host_vars/h1.example.com':'a: 1\n','host_vars/h2/x.yml':'b: 1\n','host_vars/h2/sub.d/y.yml':'c: 1\n','host_vars/h2/sub/z':'d: 1\n','host_vars/h2/w~':'e: 1\n'},['hosts'],['all'])
case('templated',{'hosts':'h a="{{ b }}" c=\'{"x": "{{ y }}"}\'\n','group_vars/all.yml':'t: "{{ a }}"\nu: !unsafe "{{ a }}"\n'},['hosts'],['all'])
for n,t in {'y1':'a: [','y2':'[1,2]','y4':'a:\n  hosts: [x]\n','y5':'5:\n  hosts: {x: }\n','y6':'a:\n  hosts:\n    5:\n','y7':'a:\n  hosts:\n    x: [1]\n','y8':'a:\n  children:\n    a: {}\n','y9':'','y10':'a:\n  children:\n   b: 5\n','y11':'a: 5\n','y12':'a:\n  vars: 5\n','y13':'a:\n  hosts:\n    x: {a: 1, a: 2}\n','y14':'"":\n','y15':'a:\n  children: b\n  hosts: c\n  vars: d\n','y16':'a:\n  vars: {ansible_group_priority: 10}\n  hosts: {h: {v: !vault |\n   abc}}\n','y17':'a:\n  hosts:\n   "x[1:2]": {v: !unsafe "{{ a }}"}\n   y: 5\n','y18':'{"all": {"hosts": {"a": {"v": 1e3}}}}','y19':'ungrouped:\n  hosts:\n    a:\n    b:\nall:\n  hosts:\n    c:\n','y20':'g:\n  children:\n    h:\n      children:\n        g:\n'}.items():
    case(n,{'inv.yml':t},['inv.yml'],['all'])
S='#!/bin/sh\n'
case('script',{'s.sh':S+'''if [ "$1" = --list ]; then echo '{"web": {"hosts": ["a","b"], "vars": {"v": 1}, "children": ["sub"]}, "sub": ["c"], "solo": {"x": 1}, "_meta": {"hostvars": {"a": {"k": [1, "s"]}}}}'; fi\n'''},['s.sh'],['all','sub'],modes={'s.sh':0o755})
case('script2',{'s.sh':S+'''if [ "$1" = --list ]; then echo '{"web": ["a","b"]}'; else echo "{\\"n\\": \\"$2\\"}"; fi; echo err >&2\n'''},['s.sh'],['all'],modes={'s.sh':0o755})
case('script3',{'s.sh':S+'''echo oops >&2; exit 3\n'''},['s.sh'],['all'],modes={'s.sh':0o755})
case('script4',{'s.sh':S+'''echo '{"a": '\n'''},['s.sh'],['all'],modes={'s.sh':0o755})
case('script5',{'s.sh':S+'''echo '[]'\n'''},['s.sh'],['all'],modes={'s.sh':0o755})
case('script6',{'s.sh':S+'''echo '{"a": {"hosts": "x"}}'\n'''},['s.sh'],['all'],modes={'s.sh':0o755})
case('noexec',{'s':S+'echo {}\n'},['s'],['all'])
V=open(os.path.join(HERE, '../../vault/testdata/default.yml')).read()
D={'i/hosts':'[web]\na\nb\n[db]\nb\n[par:children]\nweb\n','i/more.yml':'extra:\n  hosts:\n    c:\n    a: {fromyaml: 1}\n','i/.hid':'x\n','i/x.bak':'y\n','i/z.ini':'zz\n','i/sub/h':'subhost q=1\n',
 'i/group_vars/all.yml':'o: gv_all\nga: 1\nd: {x: 1, y: 1}\n','i/group_vars/web/1.yml':'o: gv_web\n','i/group_vars/web/2.json':'{"w2": 1}','i/group_vars/web/.h.yml':'bad: 1','i/group_vars/web/n.txt':'bad: 1','i/group_vars/web/d/x':'deep: 1','i/group_vars/web.yml':'ignored: 1','i/group_vars/par.yaml':'o: gv_par\np: 1\n','i/group_vars/db':'o: gv_db\n',
 'i/host_vars/a.yml':'o: hv_a\nha: 1\n','i/host_vars/b':V,'i/host_vars/c.yml':'','p/group_vars/all/main.yml':'o: pgv_all\npa: 1\nd: {z: 1}\n','p/group_vars/web.yml':'pw: 1\nha: fromgroup\n','p/host_vars/a.yml':'o: phv_a\n','p/host_vars/subhost.yml':'o: sub\n'}
case('dir',D,['i'],['all','par','extra'],pb='p')
case('dir2',D,['i','x,'],['all'],pb='p')
case('dir3',D,['i/hosts'],['all'],pb='p')
case('multi',{'h1':'a v=1\n[g]\na\n[g:vars]\ng=1\n','h2':'a v=2 w=3\n[g]\nb\n[g:vars]\ng=2\n'},['h1','h2'],['all'])
case('multi2',{'h1':'a v=1\n'},['h1','nofile'],['all'])
case('gvbad',{'hosts':'a\n','group_vars/all.yml':'a: b: c\n'},['hosts'],['all'])
case('gvlist',{'hosts':'a\n','group_vars/all.yml':'- a\n- {b: 1}\n'},['hosts'],['all'])
case('gvfile',{'hosts':'a\n','group_vars':'x'},['hosts'],['all'])
case('gvvault',{'hosts':'a\n','group_vars/all.yml':V.replace('37','38')},['hosts'],['all'])
case('hostsext',{'hosts.cfg':'a\n'},['hosts.cfg'],['all'])
case('dirbad',{'i/a.yml':'a: [','i/b':'x y\n'},['i'],['all'])
case('dirempty',{'i/.x':''},['i'],['all'])
case('vaultinv',{'hosts':V},['hosts'],['all'])

TOML = '[all.vars]\nx = "{{ y }}"\n[web]\nchildren = ["sub", "late"]\nvars = { a = 1.5, b = true, z.y = 1, z.x = [{q = 1, p = 2}] }\n[web.hosts]\n' \
    '"h[1:2].ex" = { ansible_port = 222 }\nhp = {}\n"q:2222" = { v = "t" }\n[sub.hosts.h3]\nn = ["b", "a"]\nbig = 1_000\nhex = 0xff\nf = 1e3\nml = """\na\nb"""\n[late.hosts.h4]\n[odd]\nhosts = {}\nmore = 1\n[[sub.hosts.h3.aot]]\nk = 1\n[[sub.hosts.h3.aot]]\nj = 2\n'
T = ['toml']
case('toml', {'h.toml': TOML}, ['h.toml'], ['all', 'web', 'sub', 'h*'], enabled=T)
case('toml after ini', {'h.toml': TOML}, ['h.toml'], ['all'])
case('toml empty', {'h.toml': ''}, ['h.toml'], ['all'], enabled=T)
case('toml plugin', {'h.toml': 'plugin = "x"\n'}, ['h.toml'], ['all'], enabled=T)
case('toml bad hosts', {'h.toml': 'g.hosts = 1\n'}, ['h.toml'], ['all'], enabled=T)
case('toml bad children', {'h.toml': 'g.children = "a"\n'}, ['h.toml'], ['all'], enabled=T)
case('toml bad vars', {'h.toml': 'g.vars = []\n'}, ['h.toml'], ['all'], enabled=T)
case('toml bad host', {'h.toml': 'g.hosts.a = 1\n'}, ['h.toml'], ['all'], enabled=T)
case('toml no group', {'h.toml': 'g = 1\n'}, ['h.toml'], ['all'], enabled=T)
case('toml declined', {'h.tml': 'g = {}\n'}, ['h.tml'], ['all'], enabled=T)
A = ['advanced_host_list', 'host_list']
case('advanced_host_list', {}, ['a[1:3]:22,b[x:z], c,c,d[3:1],[::1]:99,'], ['all'], enabled=A)
case('advanced bad', {}, ['a[1:x],b'], ['all'], enabled=A)
H = '[web]\nw1 v=1 role=front tags="{\'env\': \'prod\', \'empty\': \'\'}" l="[\'x\', \'\']"\nw2 v=5 role=back\n[db]\nd1 v=9 role=\n[web:vars]\ngv=2\n[all:vars]\nav=3\n'
P = 'plugin: constructed\n'
case('constructed', {'hosts': H, 'c.yml': P + """strict: no
compose:
  num: v | int + 1
  text: "'n' ~ v"
  lst: "[v, 2]"
  gone: nope.x
  seen: num
  inherited: gv | default('none') ~ (av | default('-'))
  lk: lookup('env', 'HOME')
  five: 5
groups:
  big: v | int > 4
  odd-name: "'web' in group_names"
  gone: nope == 1
  text: "'yes'"
keyed_groups:
  - {key: role, prefix: role}
  - {key: role, separator: ''}
  - {key: role}
  - {key: tags, prefix: tag, default_value: none}
  - {key: tags, prefix: t2, separator: '-', trailing_separator: no, parent_group: 'all_{{ "tags" }}'}
  - {key: l, prefix: l, default_value: nil}
  - {key: role, prefix: r, default_value: nobody, parent_group: roles}
  - {key: nope, prefix: x}
"""}, ['hosts', 'c.yml'], ['all', 'big', 'role*', 'tag*', 'all_tags'])
case('constructed first', {'hosts': H, 'c.yml': P + 'compose: {q: 1}\n'}, ['c.yml', 'hosts'], ['all'])
case('constructed fqcn', {'hosts': H, 'c.config': 'plugin: ansible.builtin.constructed\nleading_separator: no\nkeyed_groups: [{key: role}, {key: v, separator: "x"}]\n'}, ['hosts', 'c.config'], ['all'], enabled=['constructed', 'ini'])
case('constructed vars', {'hosts': H, 'group_vars/web.yml': 'fromfile: yes\n', 'group_vars/all.yml': 'allfile: 1\n', 'host_vars/d1.yml': 'hv: 7\n', 'c.yml': P + 'use_vars_plugins: yes\ncompose: {f: "fromfile | default(0)", a: "allfile | default(0)", h: "hv | default(0)"}\n'}, ['hosts', 'c.yml'], ['all'])
case('constructed no vars', {'hosts': H, 'group_vars/web.yml': 'fromfile: yes\n', 'c.yml': P + 'compose: {f: "fromfile | default(0)"}\n'}, ['hosts', 'c.yml'], ['all'])
for name, text in (('compose', 'compose: {x: nope.y}\n'), ('syntax', 'compose: {x: "a ~"}\n'), ('group', 'groups: {x: nope}\n'), ('not boolean', 'groups: {x: v == 1}\n'), ('key', 'keyed_groups: [{key: nope}]\n'),
                   ('empty key', 'keyed_groups: [{key: role}]\n'), ('number', 'keyed_groups: [{key: "v | int"}]\n'), ('parent', 'keyed_groups: [{key: v, parent_group: "{{ nope }}"}]\n'),
                   ('both', 'keyed_groups: [{key: v, default_value: a, trailing_separator: no}]\n'), ('no entry', 'keyed_groups: [v]\n')):
    case('constructed strict ' + name, {'hosts': H, 'c.yml': P + 'strict: yes\n' + text}, ['hosts', 'c.yml'], ['all'])
G = """plugin: generator
hosts:
  name: "{{ op }}_{{ app }}"
  parents:
    - name: "{{ op }}_all"
      vars: {op: "{{ op }}", n: 1, deep: {a: "{{ op }}"}}
      parents:
        - name: everything
    - name: "{{ app }}"
layers:
  op: [build, launch]
  app: [web, 7]
"""
case('constructed fqcn by auto', {'hosts': H, 'c.yml': 'plugin: ansible.builtin.constructed\nleading_separator: no\nkeyed_groups: [{key: role}, {key: "v ~ \'-\'", separator: "x"}]\n'}, ['hosts', 'c.yml'], ['all'])
case('constructed enabled fqcn', {'hosts': H, 'c.config': 'plugin: constructed\n'}, ['hosts', 'c.config'], ['all'], enabled=['ansible.builtin.constructed', 'ini'])
case('generator', {'g.yml': G}, ['g.yml'], ['all', 'everything', 'build_all'])
case('generator number', {'g.yml': G.replace('n: 1, deep: {a: "{{ op }}"}', 'n: "{{ 1 }}", t: "{{ [1] }}"')}, ['g.yml'], ['all', 'everything', 'build_all'])
case('generator list', {'g.yml': G.replace('n: 1, deep: {a: "{{ op }}"}', 'n: [1]')}, ['g.yml'], ['all'])
case('generator dict', {'g.yml': G.replace('n: 1, ', '')}, ['g.yml'], ['all'])
case('generator and constructed', {'g.yml': G.replace('n: 1, deep: {a: "{{ op }}"}', ''), 'c.yml': P + 'keyed_groups: [{key: op, prefix: k}]\n'}, ['g.yml', 'c.yml'], ['all', 'k_*'])
case('generator no layers', {'g.yml': 'plugin: generator\nhosts: {name: a}\n'}, ['g.yml'], ['all'])
case('generator no name', {'g.yml': 'plugin: generator\nhosts: {}\nlayers: {a: [1]}\n'}, ['g.yml'], ['all'])
case('generator undefined', {'g.yml': 'plugin: generator\nhosts: {name: "{{ b }}"}\nlayers: {a: [1]}\n'}, ['g.yml'], ['all'])
case('generator no parent name', {'g.yml': 'plugin: generator\nhosts: {name: "{{ a }}", parents: [{x: 1}]}\nlayers: {a: [1]}\n'}, ['g.yml'], ['all'])
case('config empty', {'c.yml': ''}, ['c.yml'], ['all'], enabled=['constructed', 'generator'])
case('config list', {'c.yml': '[1]\n'}, ['c.yml'], ['all'], enabled=['constructed', 'generator'])
case('config other', {'c.yml': 'plugin: x\n'}, ['c.yml'], ['all'], enabled=['constructed', 'generator'])
case('config none', {'c.yml': 'a: x\n'}, ['c.yml'], ['all'], enabled=['constructed', 'generator'])
case('order of plugins', {'h': 'all: {hosts: {a: }}\n'}, ['h'], ['all'], enabled=['ini', 'yaml'])
case('ansible.builtin names', {'h': '[g]\na\n'}, ['h'], ['all'], enabled=['ansible.builtin.ini'])

from ansible.utils.display import Display
from ansible import constants as C
from ansible import context
from ansible.module_utils.common.collections import ImmutableDict
from ansible.parsing.dataloader import DataLoader
from ansible.inventory.manager import InventoryManager
from ansible.vars.manager import VariableManager
from ansible.parsing.vault import VaultSecret
import ansible.plugins.vars.host_group_vars as host_group_vars

context.CLIARGS = ImmutableDict({'extra_vars': ()})
warnings = []
ENABLED = C.INVENTORY_ENABLED
Display.warning = lambda self, msg, **k: warnings.append('warning: ' + msg) if 'warning: ' + msg not in warnings else None
Display.error = lambda self, msg=None, **k: warnings.append('error: ' + msg)
NOT_FROM_INVENTORY = ('ansible_facts', 'ansible_version', 'groups', 'omit', 'playbook_dir', 'ansible_playbook_python', 'ansible_config_file')


def default(o):
    return sorted(str(x) for x in o) if isinstance(o, set) else str(o)


def dumps(o):
    return json.dumps(o, default=default)


def outcome(c, place):
    lines = []
    warnings.clear()
    host_group_vars.FOUND.clear()
    try:
        loader = DataLoader()
        loader.set_vault_secrets([('default', VaultSecret(b'secret1'))])
        if c['pb']:
            loader.set_basedir(os.path.join(place, c['pb']))
        C.INVENTORY_ENABLED = c['enabled'] or ENABLED
        inv = InventoryManager(loader=loader, sources=[s if ',' in s else os.path.join(place, s) for s in c['src']])
        for name, g in inv.groups.items():
            lines.append('group %s depth %d priority %d: %s' % (name, g.depth, g.priority, dumps([h.name for h in g.get_hosts()])))
        if c['limit']:
            inv.subset(c['limit'].replace('@D', '@' + place))
        vm = VariableManager(loader=loader, inventory=inv)
        vm.safe_basedir = bool(c['pb'])
        for h in inv.hosts.values():
            v = vm.get_vars(host=h, include_hostvars=False)
            v = {k: v[k] for k in sorted(v) if k not in NOT_FROM_INVENTORY}
            lines.append('host %s in %s: %s' % (h.name, dumps(sorted(g.name for g in h.get_groups())), dumps(v)))
        for p in c['pat']:
            try:
                lines.append('pattern %s: %s' % (p, dumps([h.name for h in inv.get_hosts(p)])))
            except Exception as e:
                lines.append('pattern %s: error: %s' % (p, e))
    except Exception as e:
        lines.append('error: %s' % e)
    return [line.replace(place, '$DIR') for line in lines + warnings]


for c in cases:
    place = os.path.realpath(tempfile.mkdtemp())
    for f, text in c['files'].items():
        f = os.path.join(place, f)
        os.makedirs(os.path.dirname(f), exist_ok=True)
        with open(f, 'w', newline='') as out:
            out.write(text)
        os.chmod(f, c['modes'].get(os.path.relpath(f, place), 0o644))
    c['want'] = outcome(c, place)
    shutil.rmtree(place)

with open(os.path.join(HERE, 'cases.json'), 'w') as f:
    json.dump(cases, f, indent=1, ensure_ascii=False)
    f.write('\n')
print(len(cases), 'cases')
