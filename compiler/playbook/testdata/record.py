#!/usr/bin/python3
"""Run ansible-playbook --syntax-check on every case of testdata/cases and write down what it says.

    testdata/record.py [file.txtar ...]

A case is a folder within a txtar file: case/site.yml is the playbook, case/want is what is recorded: the exit code, then
the text of the error, or of warnings when there is none. The folder of the case stands as /case. Needs an
installed ansible-core (2.14 for the committed files).
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
# ansible-playbook, but for the wrapping of its warnings.
UNWRAPPED = """
import sys
from ansible.utils.display import Display
Display._set_column_width = lambda self: setattr(self, 'columns', 100000)
from ansible.cli.playbook import main
sys.argv[0] = 'ansible-playbook'
main(sys.argv)
"""
NOISE = ('No inventory was parsed', 'provided hosts list is empty')


def read(path):
    files, name = {}, None
    for line in open(path, encoding='utf-8').read().splitlines(True):
        m = re.match(r'-- (\S+) --\s*$', line)
        if m:
            name = m.group(1)
            files[name] = ''
        elif name is not None:
            files[name] += line
    return files


def run(files):
    root = tempfile.mkdtemp(prefix='case')
    try:
        for name, text in files.items():
            path = os.path.join(root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w', encoding='utf-8') as f:
                f.write(text)
        env = dict(os.environ, ANSIBLE_ROLES_PATH=root + '/extra-roles', ANSIBLE_COLLECTIONS_PATHS=root + '/installed',
                   ANSIBLE_COLLECTIONS_SCAN_SYS_PATH='0', ANSIBLE_NOCOLOR='1', HOME=root, PYTHONHASHSEED='0', LC_ALL='C.UTF-8')
        p = subprocess.run([sys.executable, '-c', UNWRAPPED, '--syntax-check', 'site.yml'], cwd=root, env=env, stdin=subprocess.DEVNULL,
                           capture_output=True, text=True)
        err = p.stderr.replace(root, '/case')
    finally:
        shutil.rmtree(root)
    at = err.find('ERROR! ')
    if at >= 0:
        text = err[at + len('ERROR! '):].rstrip('\n')
        text = text.replace('\nto see the full traceback, use -vvv', '')
        before = err[:at]
    else:
        text, before = '', err
    warnings = [' '.join(w.split()) for w in re.split(r'^(?=\[)', before, flags=re.M) if w.strip() and not any(n in w for n in NOISE)]
    return '%d\n%s\n' % (p.returncode, '\n'.join(warnings + ([text] if text else [])))


def main(paths):
    for path in paths or sorted(os.path.join(HERE, 'cases', f) for f in os.listdir(os.path.join(HERE, 'cases'))):
        files = read(path)
        cases = {}
        for name, text in files.items():
            case, _, rest = name.partition('/')
            cases.setdefault(case, {})[rest] = text
        out = []
        for case, members in cases.items():
            members.pop('want', None)
            members_want = dict(members, want=run(members))
            for name, text in members_want.items():
                out.append('-- %s/%s --\n%s%s' % (case, name, text, '' if text.endswith('\n') or not text else '\n'))
        with open(path, 'w', encoding='utf-8') as f:
            f.write(''.join(out))


if __name__ == "__main__":
    main(sys.argv[1:])
