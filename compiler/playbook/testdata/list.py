#!/usr/bin/python3
"""Run ansible-playbook --list-tasks and --list-tags on every case of testdata/lists and write down what they print.

    testdata/list.py [file.txtar ...]

A case is a folder within a txtar file: case/site.yml is the playbook, case/options holds one line of options for each
run, case/want is what is recorded: the lines of output of each run after a line with its options. Needs an installed
ansible-core (2.14 for the committed files).
"""
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

from record import HERE, read


def run(files):
    root = tempfile.mkdtemp(prefix='case')
    out = []
    try:
        for name, text in files.items():
            path = os.path.join(root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w', encoding='utf-8') as f:
                f.write(text)
        env = dict(os.environ, ANSIBLE_NOCOLOR='1', HOME=root, LC_ALL='C.UTF-8')
        for line in files['options'].splitlines():
            p = subprocess.run(['ansible-playbook', '-i', 'localhost,', 'site.yml'] + shlex.split(line), cwd=root, env=env, capture_output=True, text=True)
            # The tags of a play are in an order of Python's.
            text = re.sub(r'(  play #.*\tTAGS: \[)(.*)\]', lambda m: m.group(1) + ','.join(sorted(m.group(2).split(','))) + ']', p.stdout)
            out.append('$ ' + line + '\n' + text)
    finally:
        shutil.rmtree(root)
    return ''.join(out)


def main(paths):
    for path in paths or sorted(os.path.join(HERE, 'lists', f) for f in os.listdir(os.path.join(HERE, 'lists'))):
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
