# The task debugger. It is Ansible's own, and runs here with Ansible's own objects, at the standard input and output of pbc. What the user has
# changed of the task and of its variables goes back.


class Terminal:
    """The standard input of pbc. Whoever else runs in this process has none."""

    def __init__(self):
        self.fd, self.none = os.dup(0), os.open(os.devnull, os.O_RDONLY)
        os.dup2(self.none, 0)

    def __enter__(self):
        self.group = None
        os.dup2(self.fd, 0)
        if os.isatty(0):
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            try:
                self.group = os.tcgetpgrp(0)
                os.tcsetpgrp(0, os.getpgrp())
            except OSError:  # it is no terminal of ours
                self.group = None

    def __exit__(self, *what):
        sys.stdout.flush()
        if self.group is not None:
            os.tcsetpgrp(0, self.group)
        os.dup2(self.none, 0)


class Debugging:
    """The debugger of one task of one host, from its first result until the host goes on."""

    def __init__(self, about):
        from ansible.playbook.play import Play
        from ansible.playbook.play_context import PlayContext
        self.play = Play()
        self.task = self.written(about)
        self.raw = self.fields()
        found = dialect.variables(None)
        for name in about["gone"] + ["ansible_search_path"]:
            found.pop(name, None)
        found.update(about["before"])
        if self.task._role is not None:
            found["role_uuid"] = str(self.task._role._uuid)
        self.variables = dict(found.items())
        self.seen = self.kept()
        self.context = PlayContext(play=self.play, passwords=world.passwords)

    def written(self, about):
        """Ansible's object for the task as it is in the playbook, with what it inherits."""
        from ansible.playbook.block import Block
        from ansible.playbook.handler import Handler
        from ansible.playbook.handler_task_include import HandlerTaskInclude
        from ansible.playbook.role import Role
        from ansible.playbook.task import Task
        from ansible.playbook.task_include import TaskInclude
        kinds = {(False, False): Task, (True, False): Handler, (False, True): TaskInclude, (True, True): HandlerTaskInclude}
        task = kinds[bool(about["handler"]), bool(about["include"])](block=Block(play=self.play))
        ds = sources.find(about)
        if about.get("role"):
            task._role = Role(play=self.play)
            task._role._role_name, task._role._role_path = about["role"]["name"], about["role"]["path"]
        if ds is not None:
            with importing:
                task.load_data(ds, loader=world.loader)
        for name, value in dict({} if ds else about["own"], **about["inherited"]).items():
            setattr(task, name, value)
        dialect.resolve(task, about["plugin"])
        path = about["file"] + ":" + str(about["line"])
        task.get_path = lambda: path
        task.get_search_path = lambda: list(about["search"])
        return task

    def fields(self):
        """The keywords of the task, each in the form in which it goes to pbc."""
        try:
            found = {name: v for name, v in self.task.dump_attrs().items() if name not in ("vars", "async", "_resolved_action")}
            if isinstance(found.get("loop_control"), dict):
                found["loop_control"] = {name: v for name, v in found["loop_control"].items() if name not in ("uuid", "finalized", "squashed")}
            packed = {}
            for name, v in found.items():
                current.redoing = "condition" if name in ("when", "changed_when", "failed_when", "until") else "text"
                packed[name] = pack(v)
            return packed
        finally:
            current.redoing = None

    def kept(self):
        """The variables, each in the form in which it goes to pbc."""
        current.redoing = "text"
        try:
            return {name: pack(v) for name, v in self.variables.items() if name not in ("hostvars", "vars", "groups")}
        finally:
            current.redoing = None

    def finish(self, rendered):
        """Gives the task the keywords that it had when it had run. Without any they were not rendered. It says whether its module has run."""
        copy = self.task.copy(exclude_parent=True, exclude_tasks=True)
        copy._parent = self.task._parent
        copy.get_path, copy.get_search_path = self.task.get_path, self.task.get_search_path
        self.task = copy
        if rendered is None:
            copy.from_attrs(copy.dump_attrs())
            return False
        args, copy.args = rendered.pop("args"), {}
        for name, value in rendered.items():
            setattr(copy, name, value)
        try:
            copy.post_validate(dialect.engine(templars.of(self.variables)))
        except Exception:  # what is not rendered stays as it is written
            pass
        copy.args = args
        handed = self.add_internals()
        copy.from_attrs(copy.dump_attrs())
        return handed

    def add_internals(self):
        """The arguments that Ansible adds to those of a task whose action hands them on to its module."""
        from ansible.plugins.action import ActionBase
        name = handed_on(self.task)
        if name is None:
            return False
        shell = types.SimpleNamespace(tmpdir=None)
        plugin = types.SimpleNamespace(_task=self.task, _supports_check_mode=True, _play_context=self.context, _is_become_unprivileged=lambda: False,
                                       _connection=types.SimpleNamespace(socket_path=None, _shell=shell), get_shell_option=lambda option, default=None: default)
        named(ActionBase._update_module_args, self=plugin, module_name=name, module_args=self.task.args, task_vars=self.variables, ignore_unknown_opts=False)
        return True

    def run(self, host, result):
        """Lets the user type, and returns what came of it."""
        from ansible.inventory.host import Host
        from ansible.plugins.strategy import Debugger, NextAction
        action = NextAction()
        result = dialect.result(Host(host), self.task, result, self.task.dump_attrs())
        with terminal:
            Debugger(self.task, result_host(result), self.variables, self.context, result, action).cmdloop()
        if action.result != NextAction.REDO:
            return {"next": "continue" if action.result == NextAction.CONTINUE else "quit"}
        now, left = self.fields(), self.kept()
        args = now.get("args")
        if isinstance(args, dict):
            for name in [n for n in args if n.startswith("_ansible_")]:
                del args[name]
        return {"next": "redo", "fields": changed(self.raw, now), "vars": changed(self.seen, left), "gone": [name for name in self.seen if name not in left]}


def changed(old, new):
    return {name: v for name, v in new.items() if name not in old or json.dumps(old[name]) != json.dumps(v)}


def result_host(result):
    return getattr(result, "_host", None) or result.host


def handed_on(task):
    """The module to which the action of a task hands its arguments on as they are, None for others."""
    from ansible.plugins.loader import action_loader, module_loader
    name = getattr(task, "resolved_action", None) or task.action
    short = name.split(".")[-1]
    if name.startswith(("ansible.builtin.", "ansible.legacy.")):
        if short == "shell":
            task.args["_uses_shell"] = True
        if short in ("command", "shell"):
            return "ansible.legacy.command"
        with importing:
            if action_loader.has_plugin(short) or not module_loader.has_plugin(short):
                return None
        return "ansible.legacy." + short if "." not in task.action else name
    with importing:
        return None if action_loader.has_plugin(name) or not module_loader.has_plugin(name) else name


class Sources:
    """The files of playbooks, as Ansible reads them."""

    def __init__(self):
        self.files = {}

    def find(self, about):
        """What was written of a task; None for one that nobody has written."""
        if not about.get("text"):
            return None
        if about["file"] not in self.files:
            self.files[about["file"]] = world.loader.load(dialect.template(about["text"]), file_name=about["file"])
        return self.search(self.files[about["file"]], (about["line"], about["col"]))

    def search(self, data, place):
        if isinstance(data, dict):
            if dialect.place(data) == place:
                return data
            data = list(data.values())
        if isinstance(data, (list, tuple)):
            for x in data:
                found = self.search(x, place)
                if found is not None:
                    return found
        return None


class Debuggers:
    """The tasks that are being debugged, by the host."""

    def __init__(self):
        self.hosts = {}

    def serve(self, request):
        about = unpack(request["about"])
        host = about["host"]
        if not about["again"] or host not in self.hosts:
            self.hosts[host] = Debugging(about)
        debugging = self.hosts[host]
        if debugging.finish(about.get("rendered")):
            about["result"].setdefault("_ansible_parsed", True)
        reply = debugging.run(host, about["result"])
        if reply["next"] != "redo":
            del self.hosts[host]
        return reply


sources, debuggers, terminal = Sources(), Debuggers(), Terminal()
WORK["debug"] = debuggers.serve
