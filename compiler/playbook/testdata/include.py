#!/usr/bin/python3
"""Run ansible-playbook on every case of testdata/includes and write down which files it includes.

    testdata/include.py [file.txtar ...]

A case is a folder within a txtar file: case/site.yml is the playbook, run on localhost; case/want is what is recorded: the
files that include_tasks found and the tasks that ran, in order. Needs an installed ansible-core (2.14 for the
committed files).
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

from record import HERE, read


def run(files):
    root = os.path.realpath(tempfile.mkdtemp(prefix='case'))
    try:
        for name, text in files.items():
            path = os.path.join(root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w', encoding='utf-8') as f:
                f.write(text)
        env = dict(os.environ, ANSIBLE_NOCOLOR='1', HOME=root, LC_ALL='C.UTF-8')
        p = subprocess.run(['ansible-playbook', '-i', 'localhost,', '-c', 'local', 'site.yml'], cwd=root, env=env, capture_output=True, text=True)
        out = []
        for line in p.stdout.replace(root, '/case').splitlines():
            m = re.match(r'(?:TASK|RUNNING HANDLER) \[(.*)\]|included: (.*) for localhost', line)
            if m:
                out.append(m.group(1) or 'included: ' + m.group(2))
        if p.returncode:
            out.append('failed')
    finally:
        shutil.rmtree(root)
    return '\n'.join(out) + '\n'


def main(paths):
    for path in paths or sorted(os.path.join(HERE, 'includes', f) for f in os.listdir(os.path.join(HERE, 'includes'))):
        cases = {}
        for name, text in read(path).items():
            case, _, rest = name.partition('/')
            cases.setdefault(case, {})[rest] = text
        out = []
        for case, members in cases.items():
            members.pop('want', None)
            for name, text in dict(members, want=run(members)).items():
                out.append('-- %s/%s --\n%s%s' % (case, name, text, '' if text.endswith('\n') or not text else '\n'))
        with open(path, 'w', encoding='utf-8') as f:
            f.write(''.join(out))


main(sys.argv[1:])
