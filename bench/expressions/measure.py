"""Times the same work as main.go, which gives it on standard input, by Jinja2 and by Ansible's templar."""
import json
import sys
import time

import jinja2
from ansible.parsing.dataloader import DataLoader
from ansible.release import __version__
from ansible.template import Templar

try:
    from ansible.template import trust_as_template
except ImportError:
    trust_as_template = None


def fastest(run):
    """Nanoseconds of processor time of one call: the fastest of five rounds."""
    n, spent = 1, 0
    while spent < 50_000_000:
        n *= 2
        spent = used(n, run)
    return min(used(n, run) for _ in range(5)) / n


def used(n, run):
    began = time.process_time_ns()
    for _ in range(n):
        run()
    return time.process_time_ns() - began


def plain(work, variables):
    """Plain Jinja2, the template compiled ahead; None where it lacks a filter or test."""
    env = jinja2.Environment(trim_blocks=True, keep_trailing_newline=False)
    try:
        if work['kind'] == 'when':
            compiled = env.compile_expression(work['text'])
            return lambda: compiled(variables)
        template = env.from_string(work['text'])
        return lambda: template.render(variables)
    except jinja2.TemplateError:
        return None


def conditional(text, variables):
    """A condition as TaskExecutor decides it."""
    if trust_as_template:
        templar = Templar(loader=DataLoader(), variables=variables)
        text = trust_as_template(text)
        return lambda: templar.evaluate_conditional(text)
    from ansible.playbook.conditional import Conditional
    loader = DataLoader()
    templar = Templar(loader=loader, variables=variables)
    condition = Conditional(loader=loader)
    condition.when = [text]
    return lambda: condition.evaluate_conditional(templar, variables)


def ansible(work, variables):
    if work['kind'] == 'when':
        return conditional(work['text'], variables)
    templar = Templar(loader=DataLoader(), variables=variables)
    text = trust_as_template(work['text']) if trust_as_template else work['text']
    # the cache of results is emptied by each new set of variables, that is for each task and item
    options = {} if trust_as_template else {'cache': False}
    return lambda: templar.template(text, **options)


def main():
    given = json.load(sys.stdin)
    out = {'version': __version__, 'jinja2': {}, 'ansible': {}}
    for work in given['work']:
        for name, make in (('jinja2', plain), ('ansible', ansible)):
            run = make(work, given['variables'])
            out[name][work['name']] = fastest(run) if run else 0
    json.dump(out, sys.stdout)


main()
