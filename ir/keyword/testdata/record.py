#!/usr/bin/python3
"""Record the attributes of ansible-core's playbook objects and how it converts values: record.py > ansible.json

Needs an installed ansible-core (2.14 for the committed file).
"""
import json

from ansible.errors import AnsibleError
from ansible.playbook.attribute import FieldAttribute
from ansible.playbook.base import Base
from ansible.playbook.block import Block
from ansible.playbook.handler import Handler
from ansible.playbook.loop_control import LoopControl
from ansible.playbook.play import Play
from ansible.playbook.playbook_include import PlaybookInclude
from ansible.playbook.role.include import RoleInclude
from ansible.playbook.role.metadata import RoleMetadata
from ansible.playbook.role_include import IncludeRole
from ansible.playbook.task import Task

ENTITIES = {'Play': Play, 'Role': RoleInclude, 'Block': Block, 'Task': Task, 'Handler': Handler, 'IncludeRole': IncludeRole,
            'LoopControl': LoopControl, 'ImportPlaybook': PlaybookInclude, 'Metadata': RoleMetadata}

VALUES = [True, False, 0, 1, 2, -3, 1.0, 2.5, '', ' ', 'yes', 'No', ' ON ', 'maybe', '1', '007', '1_0', '_1', '12x', '1.5', '25%', '%',
          [], ['a'], ['a', 1], ['a', ''], [None], [['a']], {}, {'a': 1}, 'a,b']
SHOWN = [('Task', 'become'), ('Task', 'retries'), ('LoopControl', 'pause'), ('Play', 'max_fail_percentage'), ('Play', 'hosts'), ('Task', 'tags'),
         ('Task', 'notify'), ('Task', 'register'), ('Task', 'args'), ('Handler', 'listen'), ('Task', 'loop'), ('LoopControl', 'loop_var')]


def attribute(a):
    return {'isa': a.isa or '', 'priority': a.priority, 'static': a.static, 'required': a.required, 'early': a.always_post_validate,
            'listof': str(a.listof or ''), 'inherit': isinstance(a, FieldAttribute), 'extend': getattr(a, 'extend', False), 'prepend': getattr(a, 'prepend', False)}


def converted(entity, name, value):
    obj = ENTITIES[entity]()
    attr = obj.fattributes[name]
    try:
        return {'ok': obj.get_validated_value(name, attr, value, None)}
    except (TypeError, ValueError) as e:
        return {'err': "the field '%s' has an invalid value (%s), and could not be converted to an %s.The error was: %s" % (name, value, attr.isa, e)}
    except AnsibleError as e:
        return {'err': e._message}


print(json.dumps({
    'entities': {n: {k: attribute(a) for k, a in c.fattributes.items()} for n, c in ENTITIES.items()},
    'conversions': [dict(converted(e, k, v), on=e, keyword=k, value=v) for e, k in SHOWN for v in VALUES],
}, indent=0))
