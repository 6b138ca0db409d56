#!/usr/bin/python3
"""Lists what ansible-core brings, by name: the left-hand side of the coverage page.

    python3 internal/docgen/names.py > internal/docgen/names.txt

Run it with the Python that has ansible-core 2.14 and Jinja2 installed.
"""
import json
import subprocess

from jinja2.filters import FILTERS
from jinja2.tests import TESTS


def output(*argv):
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def plugins(kind):
    names = json.loads(output("ansible-doc", "-t", kind, "-l", "--json"))
    return {n.removeprefix("ansible.builtin.") for n in names if n.startswith("ansible.builtin.")}


def row(kind, names):
    print(kind + ":", *sorted(names))


row("module", plugins("module"))
row("filter", plugins("filter") | set(FILTERS))
row("test", plugins("test") | {t for t in TESTS if t.isidentifier()})
for kind in ("lookup", "callback", "connection", "become", "strategy", "cache", "inventory"):
    row(kind, plugins(kind))
meta = json.loads(output("ansible-doc", "-t", "module", "meta", "--json"))
row("meta", next(iter(meta.values()))["doc"]["options"]["free_form"]["choices"])
row("setting", json.loads(output("ansible-config", "list", "--format", "json")))
