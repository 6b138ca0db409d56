#!/usr/bin/python3
"""Records what Ansible's setup says of the hosts in hosts/*.txtar.

Each host is unpacked into a folder, given a Python and Ansible's library by bind mounts in a mount
namespace of its own, and setup is run in it by chroot. Its answer becomes the part want.json.

    unshare -m testdata/oracle.py [name.txtar ...]      (as root)

args.json: module is service_facts, or package_facts with its params, else setup is run; dialect is tagged for
the ansible-core in the folder that the environment variable TAGGED names. Its answers to the others become
the part want-tagged.json where they differ. subset is gather_subset; uname overrides fields of uname(2); bundled hides the module
distro, so that ansible-core uses its own copy; drop are facts not to record; env is the environment.
A part named "path -> target" is a link, "path/" a folder; a path under bin or sbin, or one that begins with
"#!", is executable; newlines of a file called environ stand for NUL.
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BINDS = ['/usr/bin/python3.11', '/usr/lib/python3.11', '/usr/lib/python3', '/usr/lib/x86_64-linux-gnu',
         '/dev/null', '/dev/urandom', '/dev/shm']
# What every host says of itself unless args.json says otherwise.
UNAME = {'sysname': 'Linux', 'nodename': 'host', 'release': '6.1.0', 'version': '#1', 'machine': 'x86_64'}
# What depends on the Python that is bound in.
DROP = ['ansible_python_version', 'ansible_userspace_bits', 'ansible_processor_nproc', 'gather_subset', 'module_setup']

DRIVER = r'''
import json, os, sys
o = json.loads(os.environ.pop('ORACLE'))
if o.get('bundled'):
    sys.modules['distro'] = None
import socket
u = o['uname']
fake = os.uname_result((u['sysname'], u['nodename'], u['release'], u['version'], u['machine']))
os.uname = lambda: fake
socket.sethostname(u['nodename'])
import ansible.module_utils.facts.ansible_collector as ac
if os.environ.get('TRACE'):
    import traceback
    ac.repr = lambda e: traceback.format_exc()
import ansible.module_utils.basic as basic
params = o.get('params', {})
if 'module' not in o:
    params = {'gather_subset': o['subset'], 'fact_path': '/etc/ansible/facts.d'}
basic._ANSIBLE_ARGS = json.dumps({'ANSIBLE_MODULE_ARGS': params}).encode()
basic._ANSIBLE_PROFILE = 'legacy'
sys.modules['apt'] = None  # the host has none of this machine's libraries
import importlib
importlib.import_module('ansible.modules.' + o.get('module', 'setup')).main()
'''


def parse(text):
    parts = re.split(r'^-- (.*?) --\n', text, flags=re.M)
    return list(zip(parts[1::2], parts[2::2]))


def unpack(root, parts):
    for name, body in parts:
        if name in ('args.json', 'want.json', 'want-tagged.json'):
            continue
        name, _, target = name.partition(' ->')
        path = os.path.join(root, name)
        if name.endswith('/'):
            os.makedirs(path, exist_ok=True)
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if target.strip():
            os.symlink(target.strip(), path)
            continue
        if os.path.basename(name) == 'environ':
            body = body.replace('\n', '\0')
        with open(path, 'w') as f:
            f.write(body)
        if re.search(r'(^|/)s?bin/', name) or body.startswith('#!'):
            os.chmod(path, 0o755)


def bind(src, dest):
    if os.path.isdir(src):
        os.makedirs(dest, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(dest), exist_ok=True)
        if not os.path.exists(dest):
            open(dest, 'w').close()
    subprocess.check_call(['mount', '--bind', src, dest])


def ask(parts, args):
    root = tempfile.mkdtemp(prefix='oracle-')
    mounts = []
    try:
        unpack(root, parts)
        os.makedirs(root + '/tmp', exist_ok=True)
        wanted = [(b, root + b) for b in BINDS]
        wanted += [('/usr/lib64', root + '/lib64'), ('/usr/lib/x86_64-linux-gnu', root + '/lib/x86_64-linux-gnu'),
                   ('/usr/bin/dash', root + '/bin/sh'), ('/usr/bin/cat', root + '/bin/cat'),
                   ('/usr/bin/grep', root + '/bin/grep'), ('/usr/bin/tr', root + '/bin/tr'),
                   ('/usr/bin/xargs', root + '/bin/xargs')]
        tagged = args.get('dialect') == 'tagged'
        if tagged:
            wanted.append((os.environ['TAGGED'], root + '/tagged'))
        for src, dest in wanted:
            bind(src, dest)
            mounts.append(dest)
        env = {'PATH': '/bin:/usr/bin:/sbin:/usr/sbin', 'PYTHONHASHSEED': '0', 'ORACLE': json.dumps(args), 'HOME': '/', 'LANG': 'C.UTF-8', 'TRACE': os.environ.get('TRACE', '')}
        env.update(args.get('env', {}))
        if tagged:
            env['PYTHONPATH'] = '/tagged:' + env.get('PYTHONPATH', '')
        r = subprocess.run(['unshare', '-u', 'chroot', root, '/usr/bin/python3.11', '-B', '-c', DRIVER], env=env,
                           capture_output=True, text=True)
        if r.stderr:
            sys.stderr.write(r.stderr)
        return json.loads(r.stdout)
    finally:
        for m in reversed(mounts):
            subprocess.call(['umount', m])
        shutil.rmtree(root)


def main():
    files = sys.argv[1:] or sorted(glob.glob(HERE + '/*/*.txtar'))
    for f in files:
        with open(f) as fh:
            text = fh.read()
        parts = parse(text)
        args = json.loads(dict(parts)['args.json'])
        args['uname'] = dict(UNAME, **args.get('uname', {}))
        body = re.split(r'^-- want.json --\n', text, flags=re.M)[0]
        first = record(f, parts, args)
        with open(f, 'w') as fh:
            fh.write(body + '-- want.json --\n' + first)
            if os.environ.get('TAGGED') and 'dialect' not in args and args.get('module') != 'package_facts':
                second = record(f, parts, dict(args, dialect='tagged'))
                if second != first:
                    fh.write('-- want-tagged.json --\n' + second)


def record(f, parts, args):
    out = ask(parts, args)
    want = {k: v for k, v in out.get('ansible_facts', {}).items()
            if k not in args.get('drop', []) + DROP}
    if args.get('module'):
        out.pop('invocation', None)
        if 'warnings' in out:  # dialect tagged has them as objects
            out['warnings'] = [w if isinstance(w, str) else w['event']['msg'] for w in out['warnings']]
        want = out
    elif 'ansible_facts' not in out:
        sys.exit('%s: %s' % (f, out))
    return json.dumps(want, indent=1, sort_keys=True) + '\n'


main()
