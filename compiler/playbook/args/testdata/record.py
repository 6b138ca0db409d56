#!/usr/bin/python3
"""Record what ansible-core's own parse_kv and split_args give: record.py > vectors.json

Needs an installed ansible-core (2.14 for the committed file). The random cases are the same every time.
"""
import json
import random

from ansible.errors import AnsibleError
from ansible.parsing.splitter import parse_kv, split_args

HAND = [
    'src=a dest=b', 'a="b c" d=e', "a='b c'", 'a={{ x }} b=1', 'a="{{ x }} y"', '{{ x }}', 'a={% if b %}c d{% endif %}',
    'echo hi', 'echo a=b creates=/x', 'chdir=/tmp ls -l', 'a=b\\=c', 'a\\=b', '=a', '=a=b', 'a==b', 'a=', 'a', '', ' ', '  a', 'a  b',
    'a\nb', 'a \\\nb', 'a\n\nb', '\na', 'echo "a\nb"', "msg='it''s'", 'msg="a\\"b"', 'a="b', "it's", '{{ a', 'a }}', 'a="b"c', '"a"=b', 'a=b\tc',
    'msg=\\u00e9\\x41\\n', 'a="\\\\n"', 'echo \\n', 'path=C:\\temp\\new', 'a={# c d #} e=f', 'a={{ "x y" }} b', "a={{ 'b' }}", 'msg="{{ a }} {{ b }}" x',
    'x=1 x=2', 'echo "creates=/tmp/x"', 'creates="/a b" touch', 'a="x" "y"', '\\ a', 'a \\ b', 'a \\\n  b', 'a=b \\\n c=d', "'a b'=c", 'a = b', 'a= b', 'a =b',
    'é=ü', 'a="ü é"', 'k=[1, 2]', 'k={"a": 1}', "k='{\"a\": 1}'", 'warn=no rm -rf x', 'stdin="a b" cat', ' chdir=/x a', 'a=\'b" c\'', 'x="a=b"',
    'ls | grep "a b" > /dev/null', 'for i in 1 2; do\n  echo $i\ndone', 'echo {{ x | default("a b") }} {{ y }}', 'a=}} b', '{{ a }}{{ b c }}', '{%raw%} a b {%endraw%}',
]


def outcome(fn, *args):
    try:
        return {'ok': fn(*args)}
    except IndexError:
        return {'err': 'IndexError'}
    except AnsibleError as e:
        return {'err': e._message}


def case(text):
    r = {'text': text, 'split': outcome(split_args, text)}
    for name, raw in (('kv', False), ('free', True)):
        o = outcome(parse_kv, text, raw)
        if 'ok' in o:
            o['ok'] = [list(kv) for kv in o['ok'].items()]
        r[name] = o
    return r


def main():
    rnd = random.Random(7)
    pieces = ['a', 'bc', '=', '=', ' ', ' ', ' ', '\n', '"', "'", '\\', '{{', '}}', '{%', '%}', '{#', '#}', 'x=', 'creates=', 'é', '\t', '\\n', '\\"', '""']
    seen, cases = set(), []
    for text in HAND + [''.join(rnd.choice(pieces) for _ in range(rnd.randint(1, 14))) for _ in range(1200)]:
        if text not in seen:
            seen.add(text)
            cases.append(case(text))
    print('[\n' + ',\n'.join(json.dumps(c, ensure_ascii=False) for c in cases) + '\n]')


main()
