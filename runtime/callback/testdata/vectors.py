#!/usr/bin/python3
"""Writes vectors.jsonl: what Python's textwrap and difflib and Ansible's YAML dumper make of random input.

    /usr/bin/python3 vectors.py > vectors.jsonl     (the interpreter of ansible-playbook)
"""
import difflib
import json
import random
import textwrap

import yaml
from ansible.plugins.callback import _AnsibleCallbackDumper
from ansible.utils.display import get_text_width

WORDS = ["a", "yes", "No", "null", "~", "1", "1.5", "0x1f", "1e3", "1_000", "12:30:45", "2020-01-01", "key: value", "a:b",
         "a: ", "- x", "-x", "#c", "a #b", "a#b", "[x]", "{x}", "&a", "*a", "!t", "%p", "@q", "`r", "'s'", '"t"', "it's",
         "a\"b", "tab\there", "nl\nin", "nl\n", "\nlead", " lead", "trail ", "a  b", "a \nb", "a\n b", "uni ü 你好",
         "emoji 😀 x", "ctl \x01", "\x85nel", "ls\u2028x", "nb\u00a0sp", "cr\rx", "---", "--- a", "...", "?", "? a", "-", "- ",
         ":", ": a", "a:", "a,b", "=", "<<", "", "x" * 90, "word " * 30, "word " * 15 + "it's " + "more " * 10,
         "word  " * 30, ("q' " + "blank " * 30).strip(), "ü " * 60, "x\ty " + "w " * 50, "a\n\nb\n\n", "a\n\n",
         "line one\nline two\n  indented\n", "!", "\ufeffbom", "del\x7f", "\\back", "http://x.y/z?a=b&c=d", "100%", "a|b",
         ">f", "key with spaces", "k" * 130, "0o17", "017", "089", "+1", "-.inf", ".nan", "1:60", "0b11", ".5", "5.",
         "1.e+3", "1e+3", "on", "Off"]
OTHERS = [None, True, False, 0, -5, 12345678901234567890, 1.5, 1e-7, 1e20, 0.1, float("inf")]
PIECES = ["word", "-", "--", "---", " ", "  ", "\t", "\n", "hyphen-ated", "semi-auto-matic", "e-mail", "x-1", "a--b", "don't-do",
          "...", "ünï-cödé", "你好", "1-2-3", "x" * 50, "y-" * 45, "z" * 200, "_a-_b", "(paren-thesis)", "\u2003", "\x1c", "/a/b-c"]


def value(depth):
    dice = random.random()
    if depth <= 0 or dice < 0.55:
        return random.choice(WORDS) if random.random() < .75 else random.choice(OTHERS)
    if dice < 0.75:
        return [value(depth - 1) for _ in range(random.randint(0, 3))]
    return {random.choice(WORDS): value(depth - 1) for _ in range(random.randint(0, 4))}


def emit(kind, **fields):
    print(json.dumps(dict(kind=kind, **fields)))


def yaml_vectors():
    for i in range(len(WORDS) + 120):
        if i < len(WORDS):
            word = WORDS[i]
            v = {"k": word, "l": [word], word: 1}
        else:
            v = {random.choice(WORDS): value(3) for _ in range(random.randint(0, 3))}
        indent, lossy = random.choice((4, None)), random.choice((True, False))
        text = yaml.dump(v, allow_unicode=True, Dumper=_AnsibleCallbackDumper(lossy=lossy), default_flow_style=False, indent=indent)
        emit("yaml", value=v, indent=indent or 2, lossy=lossy, want=text)


def wrap_vectors():
    for _ in range(150):
        text = "".join(random.choice(PIECES) + random.choice(["", "", " "]) for _ in range(random.randint(0, 30)))
        keep = random.random() < .4
        width = random.choice((79, 79, 20, 5))
        emit("wrap", text=text, width=width, keep=keep, want=textwrap.wrap(text, width, drop_whitespace=not keep))


def diff_vectors():
    for i in range(90):
        alphabet = random.choice((2, 5, 40))
        a = ["%d\n" % random.randrange(alphabet) for _ in range(random.choice((0, 1, 5, 20, 250)))]
        b = list(a)
        for _ in range(random.randint(0, 12)):
            at = random.randint(0, len(b))
            b[at:at + random.randint(0, 2)] = ["%d\n" % random.randrange(alphabet) for _ in range(random.randint(0, 2))]
        n = random.choice((3, 3, 0, 1))
        emit("diff", a="".join(a), b="".join(b), context=n, want="".join(difflib.unified_diff(a, b, "before", "after", n=n)))


def line_vectors():
    for text in ("", "a", "a\n", "a\r\nb\rc\n\r", "\v\f\x1c\x1d\x1e\x85\u2028\u2029x", "é\nü", "\x1f\x1b", "a\n\n"):
        emit("lines", text=text, want=text.splitlines(True))


def width_vectors():
    for text in ("", "plain", "ünï", "你好", "ｆｕｌｌ", "a\u0301", "emoji 😀", "\x1b[1mbold\x1b[0m", "tab\t", "\x08\x08", "\u200b", "\x01",
                 "soft\u00adhyphen", "한글", "\u1160", "\ue000", "\u0378x", "a\x7fb"):
        try:
            want = get_text_width(text)
        except EnvironmentError:
            want = -1
        emit("width", text=text, want=want)


if __name__ == "__main__":
    import locale
    locale.setlocale(locale.LC_ALL, "C.UTF-8")
    random.seed(2)
    for make in (yaml_vectors, wrap_vectors, diff_vectors, line_vectors, width_vectors):
        make()
