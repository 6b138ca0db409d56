#!/usr/bin/python3
"""Asks the installed ansible-core 2.14 what it makes of command lines, and writes cases.json: for each
line and width what ansible-playbook prints and returns, or its options. Run it with the Python that has
Ansible; the test reads only cases.json. Lines of only "-h" and of errors are what argparse prints."""
import contextlib
import io
import json
import os
import shlex

HERE = os.path.dirname(os.path.abspath(__file__))
for name in list(os.environ):
    if name.startswith('ANSIBLE_'):
        del os.environ[name]
os.environ['HOME'] = '/nonexistent'
os.chdir('/')

LINES = '''

-z x
-i
--ask
--inv
--inv h,
-f x y
-f 0 y
-f -1 y
-f=3 y
-k --connection-password-file x y
--check=1 y
-Kx y
-Cx y
-CDi
--nope y
--nope=1 y
-T 1.5 y
--vault-id
--ask-vault-pass --vault-password-file x y
-e
--fork y
-e -x y
--limit= y
a.yml -v b.yml
a.yml b.yml -v
-v a.yml -- -x
-vvvi h, a.yml
-vvvi
-
-1 y
--list y
--become y
--become- y
--v
--vault-p x --ask-vault-pass y
-C -C --check y
-é y
--verb y
-i a, -i b y
-ea=1 -e b=2 y
-e @x/../y z
--start x y
-M
-M a:/b -M c y
--ssh x
-f 1_0 y
-f "" y
--key-f
-u
--syntax-check=yes y
-vvx y
-vx=1 y
--
-- --
y -- z -v
--private-key= y
--private-key ~/k y
-bK y
-bKk --conn-pass x y
--skip y
--tags
-t a,b -t c,a y
--skip-tags x, -t "" y
-D --di y
-- -v
--diff --no-such y z
-b --become-user u --become-method su -u r -c local y
--ssh-common-args "-o A=b" --ssh-extra-args=-R y
--vault-id a@b --vault-id c --vault-pass-file p y
'''
cases = [{'args': shlex.split(line), 'columns': 80} for line in LINES[1:].split('\n')[:-1]]
cases += [{'args': ['-h'], 'columns': c} for c in (30, 40, 60, 80, 100, 132, 200, 400)]
cases += [{'args': ['-z'], 'columns': c} for c in (100, 50)]

from ansible.cli.playbook import PlaybookCLI

FIELDS = {
    'args': 'Playbooks', 'verbosity': 'Verbosity', 'forks': 'Forks', 'inventory': 'Inventory', 'extra_vars': 'ExtraVars',
    'check': 'Check', 'diff': 'Diff', 'become': 'Become', 'become_ask_pass': 'AskBecomePass', 'subset': 'Limit', 'tags': 'Tags',
    'skip_tags': 'SkipTags', 'start_at_task': 'StartAtTask', 'private_key_file': 'PrivateKeyFile', 'timeout': 'Timeout',
    'connection': 'Connection', 'become_user': 'BecomeUser', 'become_method': 'BecomeMethod', 'remote_user': 'RemoteUser',
    'listtags': 'ListTags', 'listtasks': 'ListTasks', 'listhosts': 'ListHosts', 'syntax': 'Syntax', 'step': 'Step',
    'vault_password_files': 'VaultPasswordFiles', 'vault_ids': 'VaultIDs', 'ask_vault_pass': 'AskVaultPass',
    'ssh_common_args': 'SSHCommonArgs', 'ssh_extra_args': 'SSHExtraArgs', 'module_path': 'ModulePath',
    'force_handlers': 'ForceHandlers', 'flush_cache': 'FlushCache', 'ask_pass': 'AskPass',
}


def outcome(c):
    os.environ['COLUMNS'] = str(c['columns'])
    out, err = io.StringIO(), io.StringIO()
    cli = PlaybookCLI(['ansible-playbook'] + c['args'])
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.init_parser()
            try:
                options = cli.parser.parse_args(cli.args[1:])
            except SystemExit as e:
                if e.code != 0:
                    cli.parser.exit(status=2, message=' \n%s' % cli.parser.format_help())
                raise
            options = vars(cli.post_process_args(options))
        except SystemExit as e:
            return {'code': e.code, 'stdout': out.getvalue(), 'stderr': err.getvalue()}
    got = {}
    for k, name in FIELDS.items():
        v = options[k]
        if isinstance(v, list) and k in ('tags', 'skip_tags'):
            v = sorted(v)
        if v:
            got[name] = v
    return {'options': got}


for c in cases:
    c['want'] = outcome(c)
with open(os.path.join(HERE, 'cases.json'), 'w') as f:
    json.dump(cases, f, indent=1, ensure_ascii=False)
    f.write('\n')
print(len(cases), 'cases')
