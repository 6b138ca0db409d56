#!/usr/bin/python3
"""Load every case of testdata/trees with ansible-core itself and write down the compiled plays.

    testdata/tree.py [file.txtar ...]

A case is a folder within a txtar file: case/site.yml is the playbook, case/tree is what is recorded, as JSON; the folder
stands as /case in it. Needs an installed ansible-core (2.14 for the committed files).
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

from record import HERE, read

NEAREST = ['become', 'become_user', 'connection', 'port', 'remote_user', 'no_log', 'run_once', 'ignore_errors', 'check_mode', 'any_errors_fatal',
           'throttle', 'timeout', 'delegate_to', 'notify', 'debugger']


def plain(v):
    """Python data without what Ansible's attributes default to."""
    if isinstance(v, dict):
        return {str(k): plain(e) for k, e in v.items()}
    if isinstance(v, (list, tuple)):
        return [plain(e) for e in v]
    return v


def listed(v):
    return v if isinstance(v, list) else [v]


def tags(obj):
    return sorted(str(t) for t in set(obj.tags))


def given(obj, name):
    """The inherited value of an attribute, None where nobody gives it."""
    from ansible.utils.sentinel import Sentinel
    v = obj._get_parent_attribute(name)
    return None if v is Sentinel else v


def resolved(t):
    """What the action resolves to. Ansible finds that out only while running where action: names it."""
    from ansible.parsing.mod_args import BUILTIN_TASKS
    from ansible.plugins.loader import action_loader, module_loader
    if t.resolved_action or t.action in BUILTIN_TASKS:
        return t.resolved_action or ''
    found = action_loader.find_plugin_with_context(t.action, collection_list=t.collections)
    if not found.resolved:
        found = module_loader.find_plugin_with_context(t.action, collection_list=t.collections)
    return found.resolved_fqcn or ''


def task(t):
    from ansible.playbook.block import Block
    if isinstance(t, Block):
        return block(t)
    d = {'name': t.get_name(), 'action': t.action, 'fqcn': resolved(t), 'args': plain(t.args), 'tags': tags(t),
         'when': plain(listed(t.when)), 'vars': plain(t.get_vars()), 'params': plain(t.get_include_params())}
    if not t.implicit:
        d['search'] = t.get_search_path()
    for k in NEAREST:
        v = given(t, k)
        if v is not None:
            d[k] = plain(v)
    for k in ('environment', 'module_defaults'):
        v = given(t, k)
        if v:
            d[k] = plain(v)
    if t.loop is not None:
        d['loop'], d['loop_with'] = plain(t.loop), t.loop_with or ''
    if t._role:
        d['role'], d['chain'] = t._role.get_name(), [r.get_name() for r in t.get_dep_chain() or []]
        d['role_vars'] = plain(t._role.get_vars(t.get_dep_chain(), include_params=False))
        d['role_params'] = plain(t._role.get_role_params(t.get_dep_chain()))
        d['role_defaults'] = plain(t._role.get_default_vars(dep_chain=t.get_dep_chain()))
    if getattr(t, 'listen', None):
        d['listen'] = plain(listed(t.listen))
    return d


def block(b):
    d = {'block': [task(t) for t in b.block]}
    for k in ('rescue', 'always'):
        if getattr(b, k):
            d[k] = [task(t) for t in getattr(b, k)]
    if b.name:
        d['name'] = b.name
    return d


def dump(root):
    from ansible import context
    from ansible.inventory.manager import InventoryManager
    from ansible.module_utils.common.collections import ImmutableDict
    from ansible.parsing.dataloader import DataLoader
    from ansible.playbook import Playbook
    from ansible.utils.collection_loader import AnsibleCollectionConfig
    from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder
    from ansible.vars.manager import VariableManager

    context.CLIARGS = ImmutableDict(tags=[], skip_tags=[], check=None, connection=None, forks=1)
    try:
        _AnsibleCollectionFinder([os.path.join(root, 'installed')], False)._install()
    except Exception:
        pass
    AnsibleCollectionConfig.playbook_paths = [root]
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=['localhost,'])
    manager = VariableManager(loader=loader, inventory=inventory)
    os.chdir(root)
    pb = Playbook.load('site.yml', variable_manager=manager, loader=loader)
    plays = []
    for p in pb.get_plays():
        handlers = p.compile_roles_handlers() + p.handlers
        plays.append({'name': p.get_name(), 'vars': plain(p.vars), 'tags': sorted(set(p.tags)), 'roles': [r.get_name() for r in p.roles],
                      'duplicates': [bool(r._metadata.allow_duplicates) for r in p.roles], 'included': plain(p._included_conditional or []),
                      'path': p._included_path or '',
                      'blocks': [block(b) for b in p.compile()], 'handlers': [block(b) for b in handlers]})
    return plays


def run(files):
    root = tempfile.mkdtemp(prefix='case')
    try:
        for name, text in files.items():
            path = os.path.join(root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w', encoding='utf-8') as f:
                f.write(text)
        env = dict(os.environ, ANSIBLE_ROLES_PATH=root + '/extra-roles', ANSIBLE_NOCOLOR='1', HOME=root, ANSIBLE_COLLECTIONS_SCAN_SYS_PATH='0')
        out = subprocess.run([sys.executable, os.path.join(HERE, 'tree.py'), '--dump', root], env=env, capture_output=True, text=True)
        if out.returncode:
            sys.exit(out.stderr)
        return out.stdout.replace(root, '/case')
    finally:
        shutil.rmtree(root)


def main(paths):
    for path in paths or sorted(os.path.join(HERE, 'trees', f) for f in os.listdir(os.path.join(HERE, 'trees'))):
        cases = {}
        for name, text in read(path).items():
            case, _, rest = name.partition('/')
            cases.setdefault(case, {})[rest] = text
        out = []
        for case, members in cases.items():
            members.pop('tree', None)
            for name, text in dict(members, tree=run(members)).items():
                out.append('-- %s/%s --\n%s%s' % (case, name, text, '' if text.endswith('\n') or not text else '\n'))
        with open(path, 'w', encoding='utf-8') as f:
            f.write(''.join(out))


if sys.argv[1:2] == ['--dump']:
    print(json.dumps(dump(sys.argv[2]), indent=1, ensure_ascii=False))
elif __name__ == '__main__':
    main(sys.argv[1:])
