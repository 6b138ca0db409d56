#!/usr/bin/python3
"""Records what the real ansible-playbook prints, and the events that made it print it.

    /usr/bin/python3 record.py            records every scenario (run it by the interpreter of ansible-playbook)
    /usr/bin/python3 record.py NAME...    records the named ones

A scenario is scenarios/NAME.txtar: files, and in the comment at its head lines "run: LABEL [VAR=value ...]
[arguments ...]". Each run gives recordings/NAME-LABEL.txtar with the events (JSON lines, one for each call of
a callback and each message that is printed outside of them), stdout and stderr. The Go test plays the events
to our callbacks and expects the same bytes. Ansible runs in this process's child with its calls wrapped,
nothing of it is changed; everything it makes is in /tmp/pbc-callback.
"""
import glob
import json
import os
import shlex
import shutil
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
PLUGIN = os.path.join(HERE, "../../../conformance/oracle/plugin")
ROOT = "/tmp/pbc-callback"
PLACE = ROOT + "/w"


def read_txtar(path):
    comment, files, name = [], {}, None
    with open(path, encoding="utf-8", newline="") as source:
        for line in source:
            if line.startswith("-- ") and line.rstrip("\n").endswith(" --"):
                name = line.strip()[3:-3].strip()
                files[name] = ""
            elif name is None:
                comment.append(line.rstrip("\n"))
            else:
                files[name] += line
    return comment, files


def prepare(files):
    shutil.rmtree(ROOT, ignore_errors=True)
    os.makedirs(ROOT + "/home")
    for name, text in files.items():
        path = os.path.join(PLACE, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as out:
            out.write(text)


def record(name, only=None):
    comment, files = read_txtar(os.path.join(HERE, "scenarios", name + ".txtar"))
    for line in comment:
        if not line.startswith("run: "):
            continue
        words = shlex.split(line[5:])
        label, words = words[0], words[1:]
        if only not in (None, label):
            continue
        env = {"HOME": ROOT + "/home", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "ANSIBLE_NOCOWS": "1",
               "JUNIT_OUTPUT_DIR": ROOT + "/junit"}
        settings = []
        while words and "=" in words[0] and not words[0].startswith("-"):
            settings.append(words.pop(0))
        if label == "plain":  # also record what the conformance suite's callback logs
            env.update(ANSIBLE_CALLBACK_PLUGINS=PLUGIN, PBC_EVENT_LOG=ROOT + "/eventlog")
        env.update(s.split("=", 1) for s in settings)
        prepare(files)
        args = ["-i", "inventory", "-f", "1"] + words
        if not any(word.endswith(".yml") for word in words):
            args.append("playbook.yml")
        done = subprocess.run([sys.executable, os.path.abspath(__file__), "--drive", ROOT + "/events"] + args,
                              cwd=PLACE, env=env, stdin=subprocess.DEVNULL, capture_output=True)
        os.makedirs(os.path.join(HERE, "recordings"), exist_ok=True)
        with open(os.path.join(HERE, "recordings", "%s-%s.txtar" % (name, label)), "wb") as out:
            verbosity = sum(w.count("v") for w in words if w.startswith("-v"))
            check = "-C" in words or "--check" in words
            diff = "-D" in words or "--diff" in words
            head = "".join("env: %s\n" % s for s in settings) + "verbosity: %d\ncheck: %s\ndiff: %s\n" % (
                verbosity, str(check).lower(), str(diff).lower())
            out.write(head.encode())
            if not os.path.exists(ROOT + "/events"):
                sys.exit(done.stderr.decode())
            with open(ROOT + "/events", "rb") as events:
                out.write(b"-- events --\n" + events.read())
            out.write(b"-- stdout --\n" + done.stdout + b"-- stderr --\n" + done.stderr)
            for extra in ("eventlog", "log"):
                if os.path.exists(ROOT + "/" + extra):
                    with open(ROOT + "/" + extra, "rb") as log:
                        out.write(b"-- %s --\n" % extra.encode() + log.read())
            for report in sorted(glob.glob(ROOT + "/junit/*.xml")):
                with open(report, "rb") as xml:
                    out.write(b"-- junit --\n" + xml.read())
        print("%s-%s: exit %d, %d + %d bytes" % (name, label, done.returncode, len(done.stdout), len(done.stderr)))


class Recorder:
    """Wraps Ansible's display and its calls of callbacks, and writes them as events."""

    def __init__(self, path):
        self.out = open(path, "w", encoding="utf-8", errors="surrogateescape")
        self.lock = threading.RLock()
        self.local = threading.local()
        self.numbers = {}

    def emit(self, event, **fields):
        from ansible.parsing.ajson import AnsibleJSONEncoder

        class Encoder(AnsibleJSONEncoder):
            def default(self, o):
                try:
                    return super().default(o)
                except TypeError:
                    return str(o)

        line = {"event": event}
        line.update((k, v) for k, v in fields.items() if v not in (None, "", False))
        self.out.write(json.dumps(line, cls=Encoder, ensure_ascii=False) + "\n")
        self.out.flush()

    def number(self, uuid):
        return str(self.numbers.setdefault(uuid, len(self.numbers) + 1))

    def task(self, task, args=False):
        from ansible.playbook.handler import Handler
        from ansible.playbook.task_include import TaskInclude
        fields = dict(id=self.number(task._uuid), name=task.get_name(), action=task.action, args=dict(task.args) if args else None,
                    path=task.get_path() or "", handler=isinstance(task, Handler), include=isinstance(task, TaskInclude),
                    loop=task.loop is not None, no_log=task.no_log is True, check_mode=bool(task.check_mode),
                    diff=bool(task.diff))
        return {key: field for key, field in fields.items() if field}

    def result(self, event, tr, **fields):
        host = tr._host if isinstance(tr._host, str) else tr._host.get_name()
        self.emit(event, host=host, task=self.task(tr._task), name=tr._task_fields.get("name"),
                  delegate_to=tr._task.delegate_to, result=tr._result, **fields)

    def callback(self, method, args, kwargs):
        first = args[0] if args else None
        method = method.replace("v2_playbook_on_", "").replace("v2_", "")
        if method == "start":
            from ansible import context
            options = {k: v if k == "args" else str(v) for k, v in context.CLIARGS.items() if v}
            self.emit(method, path=first._file_name, options=options)
        elif method == "play_start":
            self.emit(method, id=self.number(first._uuid), name=first.get_name(), strategy=first.strategy,
                      check_mode=bool(first.check_mode), path=first.get_path() or "")
        elif method in ("task_start", "handler_task_start"):
            if not first.implicit:
                self.emit(method, task=self.task(first, args=True))
        elif method == "runner_on_start":
            self.emit(method, host=first.get_name(), task=self.task(args[1]))
        elif method == "include":
            self.emit(method, file=first._filename, hosts=[h.name for h in first._hosts],
                      label=first._vars.get("_ansible_item_label", first._vars.get("item")),
                      task=self.task(first._task), no_log=bool(first._vars.get("_ansible_no_log")),
                      args=first._args, vars=first._vars)
        elif method == "notify":
            self.emit(method, handler=first.get_name(), host=args[1].get_name())
        elif method == "stats":
            self.emit(method, hosts={h: first.summarize(h) for h in first.processed}, custom=first.custom)
        elif method.startswith("runner_"):
            self.result(method, first, ignored=bool(kwargs.get("ignore_errors")) or
                        method == "runner_on_unreachable" and bool(first._task.ignore_unreachable))
        elif method.startswith("no_hosts"):
            self.emit(method)

    def wrap(self, cls, name, tell):
        """Has tell called before cls.name, unless that call comes from within another wrapped one."""
        original = getattr(cls, name)

        def wrapped(this, *args, **kwargs):
            if getattr(this, "_final_q", None) and name != "send_callback":  # in a worker: comes again in the parent
                return original(this, *args, **kwargs)
            with self.lock:
                outer = getattr(self.local, "inside", False)
                if not outer:
                    tell(this, *args, **kwargs)
                self.local.inside = True
                try:
                    return original(this, *args, **kwargs)
                finally:
                    self.local.inside = outer

        setattr(cls, name, wrapped)

    def install(self):
        from ansible import constants as C
        from ansible.executor.task_queue_manager import TaskQueueManager
        from ansible.utils.display import Display
        roles = {"COLOR_" + k: getattr(C, "COLOR_" + k) for k in
                 "CHANGED DEBUG DEPRECATE DIFF_ADD DIFF_LINES DIFF_REMOVE ERROR HIGHLIGHT OK SKIP UNREACHABLE VERBOSE WARN".split()}

        def role(color):
            return next((k[6:].lower() for k, v in roles.items() if v == color), "")

        def display(this, msg, color=None, stderr=False, screen_only=False, log_only=False, newline=True):
            if not log_only:
                self.emit("message", text=msg, color=role(color), stderr=stderr, no_newline=not newline,
                          screen_only=screen_only)

        def warning(this, msg, formatted=False):
            self.emit("warning", text=msg, formatted=formatted)

        def deprecated(this, msg, version=None, removed=False, date=None, collection_name=None):
            self.emit("deprecated", text=msg, version=version, date=date, collection=collection_name)

        def verbose(this, msg, host=None, caplevel=2):
            if caplevel <= this.verbosity:
                self.emit("verbose", level=caplevel + 1, host=host, text=msg)

        def banner(this, msg, color=None, cows=True):
            self.emit("banner", text=msg)

        def error(this, msg, wrap_text=True):
            self.emit("error", text=msg, wrap=wrap_text)

        def send_callback(this, method, *args, **kwargs):
            self.callback(method, args, kwargs)

        for cls, tell in ((Display, display), (Display, warning), (Display, deprecated), (Display, verbose),
                          (Display, banner), (Display, error), (TaskQueueManager, send_callback)):
            self.wrap(cls, tell.__name__, tell)


def drive(path, args):
    sys.argv = ["ansible-playbook"] + args
    from ansible.cli.playbook import PlaybookCLI
    Recorder(path).install()
    PlaybookCLI.cli_executor()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--drive"]:
        drive(sys.argv[2], sys.argv[3:])
    else:
        names = sys.argv[1:] or sorted(f[:-6] for f in os.listdir(os.path.join(HERE, "scenarios")))
        for scenario in names:
            record(*scenario.split("-"))
