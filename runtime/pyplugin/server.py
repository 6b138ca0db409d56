"""Runs filter, test, lookup and action plugins of Ansible for pbc: loaded by the installed Ansible, called for pbc.

Messages are lines of JSON, read from descriptor 3 and written to descriptor 4; wire.go has their grammar.
"""
import atexit
import contextlib
import datetime
import inspect
import io
import json
import os
import queue
import signal
import socket
import sys
import tempfile
import threading
import traceback
import types

TAG = "!"
current = threading.local()
current.loading = False
importing = threading.RLock()  # one thread at a time loads plugins, and none does while a process is forked


class Broken(Exception):
    """What pbc answered instead of a value."""


class Channel:
    """The connection to pbc. Each call has a number; what it asks for and is told bears the same."""

    def __init__(self):
        self.source = os.fdopen(3, "r", encoding="utf-8", errors="surrogateescape")
        self.sink = os.fdopen(4, "w", encoding="ascii")
        self.lock = threading.Lock()
        self.waiting = {}

    def send(self, message):
        self.pass_on(json.dumps(message) + "\n")

    def pass_on(self, line):
        with self.lock:
            self.sink.write(line)
            self.sink.flush()

    def ask(self, what, name=None):
        """Asks pbc while a call runs, and waits for the answer."""
        number, inbox = current.number, queue.SimpleQueue()
        self.waiting[number] = inbox
        self.send({"id": number, "ask": what, "name": name})
        reply = inbox.get()
        if "fail" in reply:
            raise Broken(reply["fail"])
        return unpack(reply["answer"])


class Lazy(dict):
    """The variables of the host, fetched when somebody looks at them."""

    def __init__(self, what, name=None, more=None):
        super().__init__()
        self._want = (what, name, more)

    def _load(self):
        if self._want is not None:
            (what, name, more), self._want = self._want, None
            got = channel.ask(what, name)
            super().update(got)
            if what == "vars":
                super().update(more or {})
                super().__setitem__("vars", dict(super().items()))
                super().__setitem__("hostvars", HostVars())
        return self


def _loading(name):
    plain = getattr(dict, name)

    def method(self, *args, **kwargs):
        return plain(self._load(), *args, **kwargs)
    method.__name__ = name
    return method


for _name in ("__getitem__", "__contains__", "__iter__", "__len__", "__eq__", "__or__", "__repr__", "__setitem__", "__delitem__", "__ior__",
              "get", "keys", "values", "items", "copy", "pop", "popitem", "setdefault", "update", "clear"):
    setattr(Lazy, _name, _loading(_name))


class HostVars:
    """The variable hostvars, for plugins that look at other hosts."""

    def __init__(self):
        self._known = {}

    def __getitem__(self, name):
        data = self.raw_get(name)
        if isinstance(data, dialect.Undefined):
            return data
        return dialect.hostvars(data, name)

    def raw_get(self, name):
        if name not in self._known:
            got = channel.ask("hostvars", str(name))
            self._known[name] = dialect.undefined("hostvars['%s']" % name, None) if got is None else got
        return self._known[name]

    def get(self, name, default=None):
        return self[name] if name in self else default

    def __contains__(self, name):
        """Whether there is the host: localhost always is, it is made when it is asked for."""
        return name in channel.ask("hosts") or not isinstance(self.raw_get(name), dialect.Undefined)

    def __iter__(self):
        return iter(channel.ask("hosts"))

    def keys(self):
        return list(self)

    def items(self):
        return [(name, self[name]) for name in self]

    def values(self):
        return [self[name] for name in self]

    def __len__(self):
        return len(channel.ask("hosts"))

    def __repr__(self):
        return repr({name: self[name] for name in self})


def unpack(v):
    """Makes the values that JSON has no form for of what stands for them."""
    if isinstance(v, list):
        return [unpack(x) for x in v]
    if not isinstance(v, dict):
        return v
    if TAG not in v:
        return {k: unpack(x) for k, x in v.items()}
    return UNPACK[v[TAG]](v.get("v"))


def _date(v):
    text, time = v
    return datetime.datetime.fromisoformat(text) if time else datetime.date.fromisoformat(text)


UNPACK = {
    "tuple": lambda v: tuple(unpack(x) for x in v),
    "set": lambda v: {unpack(x) for x in v},
    "dict": lambda v: {unpack(k): unpack(x) for k, x in v},
    "bytes": lambda v: bytes.fromhex(v),
    "date": _date,
    "delta": lambda v: datetime.timedelta(days=v[0], seconds=v[1], microseconds=v[2]),
    "undef": lambda v: dialect.undefined(v[0], v[1]),
    "unsafe": lambda v: dialect.unsafe(v),
    "native": lambda v: dialect.native(v),
    "template": lambda v: dialect.template(v),
    "vault": lambda v: dialect.vault(v),
    "omit": lambda v: world.omit,
}


def pack(v):
    """The form in which a value goes to pbc."""
    if v is None or type(v) in (bool, int, float):
        return v
    if type(v) is list:
        return [pack(x) for x in v]
    if isinstance(v, str):
        return pack_text(v)
    if v is world.omit:
        return {TAG: "omit"}
    if isinstance(v, dict):
        return pack_dict(v)
    return pack_other(v)


def pack_text(v):
    mark, text = dialect.mark(v), str.__str__(v)
    return {TAG: mark, "v": text} if mark else text


def pack_dict(v):
    if all(type(k) is str for k in v) and TAG not in v:
        return {k: pack(x) for k, x in v.items()}
    return {TAG: "dict", "v": [[pack(k), pack(x)] for k, x in v.items()]}


def pack_other(v):
    from collections.abc import Iterable, Mapping
    from jinja2.runtime import Undefined
    if isinstance(v, Undefined):
        return {TAG: "undef", "v": [str(v._undefined_name or ""), undefined_text(v)]}
    if dialect.cipher(v) is not None:
        return {TAG: "vault", "v": dialect.cipher(v)}
    if isinstance(v, bytes):
        return {TAG: "bytes", "v": bytes(v).hex()}
    if isinstance(v, datetime.datetime):
        return {TAG: "date", "v": [datetime.datetime.isoformat(v), True]}
    if isinstance(v, datetime.date):
        return {TAG: "date", "v": [datetime.date.isoformat(v), False]}
    if isinstance(v, datetime.timedelta):
        return {TAG: "delta", "v": [v.days, v.seconds, v.microseconds]}
    if isinstance(v, bool):
        return bool(v)
    if isinstance(v, int):
        return int(v)
    if isinstance(v, float):
        return float(v)
    if isinstance(v, (set, frozenset)):
        return {TAG: "set", "v": [pack(x) for x in v]}
    if isinstance(v, tuple):
        return {TAG: "tuple", "v": [pack(x) for x in v]}
    if isinstance(v, Mapping):
        return pack_dict(dict(v.items()))
    if isinstance(v, Iterable):
        return [pack(x) for x in v]
    return str(v)


def undefined_text(v):
    try:
        str(v)
    except Exception as e:  # which class it is depends on the version
        return str(e)
    return ""


class World:
    """What is the same for all calls: the loader, the omit placeholder, vault passwords."""

    def start(self, request):
        from ansible import context
        from ansible.module_utils.common.collections import ImmutableDict
        from ansible.parsing.dataloader import DataLoader
        from ansible.parsing.vault import VaultLib, VaultSecret
        from ansible.utils.display import Display
        context.CLIARGS = ImmutableDict(request["options"])
        self.verbosity = request["options"].get("verbosity") or 0
        self.passwords = request["passwords"]
        dialect.listen(Display())
        self.prepare(request)
        self.loader = DataLoader()
        secrets = [(name, VaultSecret(bytes.fromhex(text))) for name, text in request["secrets"]]
        self.loader.set_vault_secrets(secrets)
        self.loader.set_basedir(request["basedir"])
        self.vault = VaultLib(secrets)
        self.omit = dialect.omit(request["omit"])
        self.add(request["dirs"])

    def prepare(self, request):
        """What ansible-playbook does before it reads a playbook."""
        from ansible.plugins import loader
        from ansible.utils.collection_loader import AnsibleCollectionConfig
        if hasattr(loader, "init_plugin_loader"):
            loader.init_plugin_loader()
        AnsibleCollectionConfig.playbook_paths = request["playbooks"]

    def add(self, dirs):
        from ansible.plugins.loader import add_all_plugin_dirs
        for path in dirs:
            add_all_plugin_dirs(path)
        templars.forget()


class Templars:
    """Templars: one that knows no variables, and those of calls."""

    def __init__(self):
        self._plain = None

    def forget(self):
        self._plain = None

    def plain(self):
        if self._plain is None:
            self._plain = dialect.Templar(loader=world.loader, variables={})
        return self._plain

    def of(self, variables):
        return dialect.Templar(loader=world.loader, variables=variables)


def say(kind, text):
    if getattr(current, "said", None) is not None:
        current.said.append([kind, str(text)])


def names(request):
    """The filters and tests that have no collection and do not come with Ansible."""
    from ansible.plugins.loader import filter_loader, test_loader
    out = {}
    for loader, kind in ((filter_loader, "filter"), (test_loader, "test")):
        own = os.path.dirname(os.path.realpath(sys.modules["ansible"].__file__)) + os.sep
        loader._ensure_non_collection_wrappers()
        found = loader._cached_non_collection_wrappers.items()
        out[kind] = sorted(name for name, plugin in found
                           if "." not in name and not os.path.realpath(getattr(plugin, "_original_path", "") or "").startswith(own))
    return out


def passed(function):
    """What Jinja gives a function before its arguments: "context", "eval_context", "environment", or nothing."""
    kind = getattr(function, "jinja_pass_arg", None)
    return kind.name if kind is not None else ""


def find(request):
    """Says whether there is a filter or test, and what it is given besides arguments."""
    try:
        with importing:
            return {"gets": passed(dialect.function(request["kind"], request["name"]))}
    except Exception as e:  # Jinja's error holds the words of a plugin that does not load
        return {"missing": getattr(e, "message", None) or str(e.args[0] if isinstance(e, KeyError) else e)}


def call(request):
    """Calls a filter or test, or with each set once for each item of a list, and packs what it returns."""
    with importing:
        function = dialect.function(request["kind"], request["name"])
    args, kwargs = unpack(request["args"]), unpack(request["kw"])
    what = passed(function)
    templar = templars.of(dialect.variables(None)) if what else None

    def run():
        first = [given(what, templar, unpack(request["locals"]))] if what else []
        if request["each"]:
            return [pack(function(*first, item, *args[1:], **kwargs)) for item in args[0]]
        return pack(function(*first, *args, **kwargs))
    return dialect.run(run, templar)


def given(what, templar, local):
    """What Jinja passes before the arguments."""
    if what == "environment":
        return dialect.environment(templar)
    context = dialect.context(templar, local)
    return context.eval_ctx if what == "eval_context" else context


def lookup(request):
    """Runs a lookup plugin."""
    from ansible.plugins.loader import lookup_loader
    variables = dialect.variables(unpack(request["locals"]))
    templar = templars.of(variables)
    current.loading = True
    with importing:
        plugin = lookup_loader.get(request["name"], loader=world.loader, templar=templar)
    current.loading = False
    if plugin is None:
        return {"missing": True}
    if request["subdir"]:
        plugin._subdir = request["subdir"]
    terms, options = unpack(request["args"]), unpack(request["kw"])
    return {"list": dialect.lookup(lambda: pack(plugin.run(terms, variables=variables, **options)), templar, bool(request["with"]))}


def serve_start(request):
    world.start(request)


def serve_add(request):
    world.add(request["dirs"])


WORK = {"start": serve_start, "add": serve_add, "names": names, "find": find, "call": call, "lookup": lookup}


def serve(request):
    """Does what one message asks, and answers."""
    if request["do"] == "action":
        actions.run(request)
        return
    current.number, current.said, current.loading, current.direct = request["id"], [], False, False
    try:
        reply = {"ok": WORK[request["do"]](request)}
    except Exception as e:
        reply = {"error": failure(e)}
    except SystemExit as e:
        reply = {"error": {"class": "SystemExit", "msg": str(e), "undefined": False, "loading": False}}
    reply.update(id=request["id"], say=current.said)
    channel.send(reply)


def failure(e):
    """An exception as pbc keeps it."""
    kind = type(e)
    name = kind.__qualname__ if kind.__module__ == "builtins" else kind.__module__ + "." + kind.__qualname__
    undefined = any(c.__name__ in dialect.undefinedness for c in kind.__mro__)
    return {"class": name, "msg": message(e), "help": dialect.help(e), "undefined": undefined, "loading": current.loading}


def message(e):
    try:
        return str(e)
    except Exception:  # an exception whose __str__ fails
        return repr(e.args)


class Workers:
    """Calls run in the main thread where it is free, for plugins that need it, else in threads of their own."""

    def __init__(self):
        self.jobs = queue.SimpleQueue()
        self.busy = threading.Event()

    def put(self, request):
        if self.busy.is_set() and request["do"] != "debug":  # which has to be where Ctrl-C comes
            threading.Thread(target=serve, args=(request,), daemon=True).start()
        else:
            self.busy.set()
            self.jobs.put(request)

    def run(self):
        while True:
            request = self.jobs.get()
            self.busy.set()
            serve(request)
            self.busy.clear()


def listener():
    """Reads messages until pbc has gone."""
    for line in channel.source:
        request = json.loads(line)
        if request.get("do") == "cancel":
            actions.cancel(request["id"])
        elif "do" in request:
            workers.put(request)
        else:
            channel.waiting.pop(request["id"]).put(request)
    actions.end()
    atexit._run_exitfuncs()  # Ansible takes its folder of temporary files away
    os._exit(0)


def version():
    from ansible.release import __version__
    return [int(n) for n in __version__.split(".")[:2]]
