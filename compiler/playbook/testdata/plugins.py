#!/usr/bin/python3
"""Write the names of the plugins that ansible-core brings, and its redirects: plugins.py > plugins.txt

Needs an installed ansible-core (2.14 for the committed file).
"""
import os
from datetime import date

import ansible
import yaml

ROOT = os.path.dirname(ansible.__file__)
KINDS = {'module': ('modules', 'modules'), 'action': ('plugins/action', 'action'), 'lookup': ('plugins/lookup', 'lookup')}


def builtin(folder):
    names = []
    for f in sorted(os.listdir(os.path.join(ROOT, folder))):
        if f.endswith('.py') and f != '__init__.py':
            names.append(f[:-3])
    return names


def main():
    with open(os.path.join(ROOT, 'config', 'ansible_builtin_runtime.yml')) as f:
        meta = yaml.safe_load(f)
    for kind, (folder, key) in KINDS.items():
        print('%s ansible.builtin: %s' % (kind, ' '.join(builtin(folder))))
        targets = {}
        for name, entry in sorted(meta['plugin_routing'][key].items()):
            if 'tombstone' in entry:
                t = entry['tombstone']
                print('removed-%s %s: %s|%s|%s' % (kind, name, t.get('removal_date', ''), t.get('removal_version', ''), t.get('warning_text', '')))
                continue
            ns, coll, rest = entry['redirect'].split('.', 2)
            targets.setdefault(ns + '.' + coll, []).append(name if rest == name else name + '=' + rest)
        for coll, names in sorted(targets.items()):
            print('%s %s: %s' % (kind, coll, ' '.join(names)))
    for group, members in sorted(meta['action_groups'].items()):
        plain = [m for m in members if isinstance(m, str)]
        extends = [e for m in members if isinstance(m, dict) for e in m['metadata'].get('extend_group', [])]
        print('group %s: %s' % (group, ' '.join(plain + ['+' + e for e in extends])))


main()
