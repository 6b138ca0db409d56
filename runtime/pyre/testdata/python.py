"""Writes python.json: what CPython's re says of each pattern below. Run it again after adding one."""
import json
import os
import re

PATTERNS = [
    # what is wrong with a pattern, and where
    '(', ')', '(a', 'a)b', '[', '[a', '[]', '[^]', '[b-a]', r'[\d-z]', r'[a-\d]', '*', '+a', '?', 'a**', 'a{2}{3}', 'a+*', 'a|*', '(*a)', '^*', r'\b+',
    '(?P<n>a)(?P=n)', '(?P', '(?P>', '(?Pxa)', '(?<a)', '(?z)', '(?i', '(?i-', 'a(?i)', '(?#', '(?#no)a', r'\y', r'\q', '\\', 'a\\', r'\x1', r'\u12', r'\U0011', r'\400', r'[\400]',
    'a{3,2}', '(?P<', '(?P<n', '(?P<n>', '(?P<1>a)', '(?P<>a)', '(?P<a b>c)', '(?P=', '(?P=n', '(?P=z)', '(?P=)', '(?(', '(?(1', '(?(z)a)', '(?(1)a)', r'\2', r'(a)\2', r'(a\1)',
    '(?P<n>a)(?P<n>b)', '(?(', '(?i-:a)', '(?i-q:a)', '(?i-i', '(?iq)', '(?i;)', '(?-:a)', '(?-', 'ab\n(c', 'ab\ncd)', r'\g', r'[\b]', r'[\A]', r'[\y]',
    # braces
    'a{', 'a{}', 'a{,}', 'a{,2}', 'a{2,}', 'a{2}', 'a{b}', '{', '{a}', 'a{1', 'a{ 1}', '{{ a }}', 'x{1,2}?',
    # groups, flags, classes
    '(?P<n>a)b', '(?P<q>[\'"]).*?(?P=q)', '(a)(b)?', '(a)|(b)', '(?:a|b)+', '(?i)AB', '(?i:A)b', '(?-i:a)', '(?im)^b', '(?s).+', '(?x) a b # c (', '(?x)a\\ b [ ]',
    '(?x: a )b', '(?a)\\w+', '(?a)[\\W]+', '(?a)\\bn', '(?u)\\w+', '[[]', '[]]', '[^]]', '[]a]', '[a-]', '[-a]', '[a\\]b]', '[^\\W\\d_]+', '[\\w.-]+', '[\\s,]+', '[^,]*', '[a&&b]', '[|]',
    '[.]', r'[\n\t]', r'\141', r'\08', r'(a)\1', r'(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\10', r'\0', r'[\0-\101]', r'\x41', r'\u0041', r'\U00000041', r'\.', r'\-', r'\ ', r'\/', r'\#', r'\é', r'\_',
    '(?=b)', '(?!a).', '(?<=a)b', '(?<!a)b', '(?>a+)b', 'a++b', 'a*+a', 'a?+a', '[ab]{1,2}+b', '(?:ab)*+a', '(a|ab)++c', r'\w++', r'(a)(\1)++', '(a)?(?(1)b|c)', '(?P<x>a)?(?(x)b|c)',
    # empty matches and lazy quantifiers
    '', 'x*', 'a*?', 'a??', '(a|)', '|a', 'a|', '^', '$', r'\Z', r'\A', r'\b', r'\B', '(?m)^', '(?m)$', '.*', '.*?', 'b*|a', '(?:)', '()', 'a*$', r'(\d*)-?', r'\s*', '.', '[^a]*', '(b?)(a?)',
]

TEXTS = ['', 'a', 'ab', 'aab', 'abab\n', 'a\nb\n', "'a' \"b\"", 'né_1 x-y.z', 'a{b} {{ a }} a{ a{}', 'abcdefghijj', 'A B c', 'a]b[c', 'x\t\x00A/-#', 'aaa bbb', '12-34']

TEMPLATES = ['-', r'[\g<0>]', r'\1', r'\g<1>x', r'\g<n>', r'\n\t\\', r'\0\101', r'\q', 'a\\', r'\.', r'\g<', r'\g<9>', r'\12', '']


def spans(found):
    return [[list(m.span(i)) for i in range(m.re.groups + 1)] for m in found]


def outcome(run):
    try:
        return run()
    except (re.error, IndexError) as err:
        return {'error': str(err)}


def row(pattern):
    try:
        compiled = re.compile(pattern)
    except re.error as err:
        return {'pattern': pattern, 'error': str(err)}
    return {
        'pattern': pattern,
        'all': [spans(compiled.finditer(text)) for text in TEXTS],
        'full': [compiled.fullmatch(text) is not None for text in TEXTS],
        'sub': [compiled.sub('<>', text) for text in TEXTS],
    }


def template(text):
    return {'template': text, 'sub': outcome(lambda: re.sub('(?P<n>a)(b)?', text, 'xabya'))}


if __name__ == '__main__':
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'python.json'), 'w') as out:
        json.dump({'texts': TEXTS, 'patterns': [row(p) for p in PATTERNS], 'templates': [template(t) for t in TEMPLATES]}, out, indent=None, separators=(',', ':'))
        out.write('\n')
