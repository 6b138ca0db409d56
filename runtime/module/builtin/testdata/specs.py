# Prints the argument specs of Ansible modules, as they give them to AnsibleModule: one JSON object by module name.
import importlib
import json
import sys

import ansible.module_utils.basic as basic


class Given(BaseException):
    pass


def keep(self, argument_spec=None, **more):
    raise Given(dict(more, argument_spec=argument_spec))


def option(o):
    """One option, without what is as it is when nothing is said."""
    out = {k: o[k] for k in ('choices', 'aliases', 'elements', 'removed_in_version', 'removed_at_date', 'removed_from_collection', 'apply_defaults') if o.get(k)}
    out.update({k: o[k] for k in ('default', 'no_log') if o.get(k) is not None})
    out['type'] = o.get('type') or 'str'
    if callable(out['type']):  # a check of the module's own
        out['type'] = out['type'].__name__.replace('check_type_', '')
    if o.get('required'):
        out['required'] = True
    if o.get('deprecated_aliases'):
        out['deprecated_aliases'] = sorted(a['name'] for a in o['deprecated_aliases'])
    if o.get('fallback'):
        out['fallback'] = list(o['fallback'][1])
    if o.get('options'):
        out['options'] = {k: option(v) for k, v in o['options'].items()}
    return out


def spec(name):
    module = importlib.import_module(name)
    try:
        module.main()
    except Given as e:
        given = e.args[0]
    relations = ('mutually_exclusive', 'required_together', 'required_one_of')
    out = {k: [list(group) for group in given.get(k) or []] for k in relations}
    out['required_if'] = [list(row) + [False] * (4 - len(row)) for row in given.get('required_if') or []]
    out['required_by'] = {k: [v] if isinstance(v, str) else list(v) for k, v in (given.get('required_by') or {}).items()}
    out['options'] = {k: option(v) for k, v in given['argument_spec'].items()}
    out['file_common'] = bool(given.get('add_file_common_args'))
    out['check_mode'] = bool(given.get('supports_check_mode'))
    return out


basic.AnsibleModule.__init__ = keep
json.dump({name: spec(name) for name in sys.argv[1:]}, sys.stdout, indent=1, sort_keys=True)
