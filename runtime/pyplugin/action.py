# Action plugins. Each runs in a process of its own, forked from this one, as Ansible forks for each task: what it does to
# its process is there for no other, and when it dies or hangs nothing else does. It speaks with pbc over this process.
# What it does to its host goes to pbc, which has it done there.


class Forked(Channel):
    """The connection to pbc of a forked process: over the process that forked it."""

    def __init__(self, sock):
        self.source = sock.makefile("r", encoding="ascii")
        self.sink = sock.makefile("w", encoding="ascii")
        self.lock = threading.Lock()

    def ask(self, what, name=None):
        said, current.said = current.said, []
        self.send({"ask": what, "id": current.number, "name": name, "say": said})
        reply = json.loads(self.source.readline())
        if "fail" in reply:
            raise Broken(reply["fail"])
        return unpack(reply["answer"])


class Actions:
    """The forked processes, by the number of their request."""

    def __init__(self):
        self.running = {}
        self.lock = threading.Lock()

    def run(self, request):
        """Forks, and passes on what the process says, until it ends."""
        ours, theirs = socket.socketpair()
        with importing, self.lock:
            prepare_actions()
            pid = os.fork()
            if pid == 0:
                ours.close()
                forked(request, theirs)
            self.running[request["id"]] = pid
        theirs.close()
        try:
            replied = self.relay(request["id"], ours)
        except ConnectionResetError:  # it was killed before it had read its last answer
            replied = False
        _, status = os.waitpid(pid, 0)
        with self.lock:
            self.running.pop(request["id"], None)
        if not replied:
            channel.send({"id": request["id"], "ok": {"raised": "died", "text": ending(status), "result": {}, "said": []}, "say": []})

    def relay(self, number, sock):
        """Passes lines on, and says whether the last of them was the reply."""
        with sock, sock.makefile("r", encoding="ascii") as lines:
            for line in lines:
                if not line.endswith("\n"):
                    return False
                if line.startswith('{"ask"'):
                    channel.waiting[number] = Inbox(sock)
                    channel.pass_on(line)
                    continue
                channel.pass_on(line)
                return True
        return False

    def cancel(self, number):
        with self.lock:
            self.kill(self.running.get(number))

    def end(self):
        with self.lock:
            for pid in self.running.values():
                self.kill(pid)

    def kill(self, pid):
        if pid is not None:
            try:
                os.killpg(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


class Inbox:
    """Where the answer for a forked process is put."""

    def __init__(self, sock):
        self.sock = sock

    def put(self, message):
        try:
            self.sock.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            pass  # it has died: whoever waits for it knows


def ending(status):
    if os.WIFSIGNALED(status):
        return "was killed by signal %d" % os.WTERMSIG(status)
    return "ended with status %d" % os.WEXITSTATUS(status)


def prepare_actions():
    """Imports once what every action needs, so that forked processes have it."""
    import ansible.executor.task_executor
    import ansible.plugins.action.normal
    import ansible.plugins.connection.local
    import ansible.plugins.connection.ssh
    import ansible.plugins.shell.sh


def load_action(request):
    """Loads an action plugin as Ansible does before a task begins: in the process that it forks from."""
    from ansible.errors import AnsibleError
    from ansible.plugins.loader import action_loader
    try:
        with importing:
            prepare_actions()
            plugin = action_loader.get(request["name"], class_only=True)
    except Exception as e:
        return dict(failure(e), ansible=isinstance(e, AnsibleError))
    if plugin is None:
        return {"bypass": False}
    return {"bypass": bool(getattr(plugin, "BYPASS_HOST_LOOP", False)), "file": sys.modules[plugin.__module__].__file__}


WORK["load"] = load_action


def forked(request, sock):
    """The whole life of a forked process."""
    global channel
    try:
        os.setpgid(0, 0)
        channel = Forked(sock)
        current.number, current.said, current.loading = request["id"], [], False
        with Caught() as caught:
            reply = act(unpack(request["task"]))
        current.said.extend(caught.said())
        reply["said"], current.said = current.said, []
        channel.send({"id": request["id"], "ok": pack(reply), "say": []})
    finally:
        os._exit(0)


class Caught:
    """Keeps what is written to standard output, by anybody in this process and those that it starts."""

    def __enter__(self):
        sys.stdout.flush()
        self.file = tempfile.TemporaryFile()
        os.dup2(self.file.fileno(), 1)
        return self

    def __exit__(self, *what):
        sys.stdout.flush()

    def said(self):
        self.file.seek(0)
        text = self.file.read().decode("utf-8", "surrogateescape")
        return [["stray", text]] if text else []


class Queue:
    """What Ansible's display finds in the process of a task: what it shows goes to pbc."""

    def send_display(self, *args, **kwargs):
        if dialect.shows(args):
            self.show(*dialect.shows(args), **kwargs)

    def show(self, msg, color=None, stderr=False, screen_only=False, log_only=False, newline=True, **more):
        if not log_only:
            current.said.append(["display error" if stderr else "display", str(msg)])


def act(about):
    """Runs one action, and returns what pbc is told of it."""
    from ansible.errors import AnsibleConnectionFailure, AnsibleError
    from ansible.plugins.action import AnsibleActionFail, AnsibleActionSkip
    try:
        return {"result": perform(about)}
    except (AnsibleActionFail, AnsibleActionSkip) as e:
        return {"raised": "result", "result": e.result}
    except AnsibleConnectionFailure as e:
        return {"raised": "result", "result": {"unreachable": True, "msg": str(e)}}
    except AnsibleError as e:
        return {"raised": "ansible", "result": {"msg": str(e)}}
    except Exception as e:
        problem = failure(e)
        return {"raised": problem["class"], "text": problem["msg"], "result": {"exception": traceback.format_exc()}}


def perform(about):
    """Runs the plugin as Ansible's task executor does, with its own objects."""
    from ansible.executor.task_executor import TaskExecutor
    from ansible.inventory.host import Host
    from ansible.playbook.play_context import PlayContext
    from ansible.plugins import loader
    from ansible.plugins.action import ActionBase
    from ansible.utils.display import Display
    display = Display()
    display._lock, display._final_q = threading.RLock(), Queue()
    display.verbosity = world.verbosity
    task, host = task_of(about), Host(about["host"])
    variables = dict(dialect.variables(None).items())
    cvars = variables
    if task.delegate_to:
        cvars = delegated(task.delegate_to, variables)
        variables["ansible_delegated_vars"] = {task.delegate_to: cvars}
    templar = dialect.engine(templars.of(variables))
    context = PlayContext(passwords=world.passwords).set_task_and_variable_override(task=task, variables=variables, templar=templar)
    context.post_validate(templar=templar)
    if not context.remote_addr:
        context.remote_addr = host.address
    executor = dialect.executor(TaskExecutor, host, task, variables, context, loader)
    templar.available_variables = cvars
    kind = cvars.get("ansible_connection")
    executor._connection = executor._get_connection(cvars, templar, templar.template(kind) if kind is not None else task.connection)
    executor._set_connection_options(cvars, templar)
    reach(executor._connection)
    ActionBase._execute_module = executing(ActionBase._execute_module)
    variables = variables.copy()
    executor._connection.update_vars(variables)
    templar.available_variables = variables
    executor._connection._play_context = context.set_task_and_variable_override(task=task, variables=variables, templar=templar)
    handler = handler_of(executor, task, about["plugin"], templar)
    try:
        with dialect.running(task):
            result = handler.run(task_vars=variables)
    finally:
        handler.cleanup()
    return plain(dialect.completed(result, task))


def task_of(about):
    """Ansible's object for the task. All its keywords have their values already."""
    from ansible.playbook.task import Task
    task = Task()
    task._squashed = task._finalized = True
    for name, value in about["fields"].items():
        setattr(task, name, value)
    dialect.resolve(task, about["plugin"])
    task.get_search_path = lambda: list(about["search"])
    if about.get("role"):
        task._role = types.SimpleNamespace(_role_name=about["role"]["name"], _role_path=about["role"]["path"], collections=[],
                                           get_name=lambda include_role_fqcn=True: about["role"]["name"])
    return task


def delegated(name, variables):
    """The variables of the task on the host that it is delegated to."""
    found = channel.ask("taskvars", name)
    found.setdefault("inventory_hostname", name)
    if name in ("localhost", "127.0.0.1", "::1"):
        found.setdefault("ansible_connection", "local")
    for key in ("hostvars", "vars"):
        found[key] = variables[key]
    return found


def handler_of(executor, task, plugin, templar):
    """The action plugin, found by its full name."""
    action, task.action = task.action, plugin
    try:
        return dialect.handler(executor, templar)
    finally:
        task.action = action


def plain(v):
    """A result without bytes."""
    if isinstance(v, bytes):
        from ansible.module_utils.common.text.converters import to_text
        return to_text(v, errors="surrogate_or_strict")
    if isinstance(v, dict):
        return {k: plain(x) for k, x in v.items()}
    if isinstance(v, list):
        return [plain(x) for x in v]
    return v


MARK = "PBC_AS_ANOTHER_USER_%s " % os.urandom(8).hex()


def reach(connection):
    """Has a connection of Ansible's reach its host by pbc."""
    from ansible.errors import AnsibleConnectionFailure, AnsibleError, AnsibleFileNotFound
    from ansible.module_utils.common.text.converters import to_bytes, to_text

    def work(op, become=False, **args):
        got = channel.ask("work", pack({"op": op, "become": become, "args": args}))
        if got.get("unreachable"):
            raise AnsibleConnectionFailure(got.get("msg"))
        if "raise" in got or got.get("failed"):
            raise AnsibleError(got.get("raise") or got.get("msg"))
        return got

    def exec_command(cmd, in_data=None, sudoable=True):
        line = to_text(cmd, errors="surrogate_or_strict")
        got = work("line", become=MARK in line, line=line.replace(MARK, ""), stdin=to_bytes(in_data or b""))
        return got["rc"], got["stdout"], got["stderr"]

    def put_file(in_path, out_path):
        try:
            source = open(to_bytes(in_path, errors="surrogate_or_strict"), "rb")
        except FileNotFoundError:
            raise AnsibleFileNotFound("file or module does not exist: %s" % to_text(in_path))
        with source:
            offset = 0
            while True:
                data = source.read(1 << 20)
                if data or not offset:
                    work("write", dest=to_text(out_path), data=data, offset=offset)
                offset += len(data)
                if not data:
                    return

    def fetch_file(in_path, out_path):
        with open(to_bytes(out_path, errors="surrogate_or_strict"), "wb") as sink:
            while True:
                data = work("read", src=to_text(in_path), offset=sink.tell())["data"]
                sink.write(data)
                if not data:
                    return

    connection.exec_command, connection.put_file, connection.fetch_file = exec_command, put_file, fetch_file
    connection._connect, connection.close, connection.reset = lambda: connection, lambda: None, lambda: None
    connection._connected, connection.reached_by_pbc = True, True
    if connection.become is not None:
        connection.become.build_become_command = lambda cmd, shell: MARK + cmd if cmd else cmd


def executing(original):
    """_execute_module of an action: over pbc, unless the plugin has taken a connection of its own."""
    signature = inspect.signature(original)

    def execute(self, *args, **kwargs):
        if not getattr(self._connection, "reached_by_pbc", False):
            return original(self, *args, **kwargs)
        given = signature.bind(self, *args, **kwargs).arguments
        return execute_module(self, given.get("module_name"), given.get("module_args"), bool(given.get("wrap_async")), bool(given.get("ignore_unknown_opts")))
    return execute


def execute_module(self, name, args, wrap_async, ignore_unknown):
    from ansible.errors import AnsibleConnectionFailure, AnsibleError
    task = self._task
    if task.check_mode and not self._supports_check_mode:
        raise AnsibleError("check mode is not supported for this operation")
    shell = self._connection._shell
    if shell.tmpdir is None and not self._is_pipelining_enabled("new", wrap_async):
        self._make_tmp_path()
        self._fixup_perms2([shell.tmpdir], self._get_remote_user())
    environment = {}
    for more in task.environment or []:
        environment.update(self._templar.template(more))
    args = dict(task.args if args is None else args)
    if ignore_unknown:
        args["_ansible_ignore_unknown_opts"] = True
    data = channel.ask("work", pack({
        "op": "module", "name": module_of(self, name or task.action), "args": args, "become": self._connection.become is not None,
        "check": bool(task.check_mode), "diff": bool(task.diff), "no_log": bool(task.no_log), "async": wrap_async, "env": environment}))
    if "raise" in data:
        raise AnsibleError(data["raise"])
    if data.get("unreachable"):
        raise AnsibleConnectionFailure(data.get("msg"))
    data["_ansible_parsed"] = True
    if wrap_async:
        shell.tmpdir, data["changed"] = None, True
    return data


def module_of(self, name):
    """The full name of a module of ansible-core or of a collection, and as it is that of any other."""
    home = self._task.resolved_action.split(".")[:-1]
    collections = self._task.collections or ([".".join(home), "ansible.legacy"] if len(home) > 1 else None)
    found = self._shared_loader_obj.module_loader.find_plugin_with_context(name, collection_list=collections)
    if not found.resolved:
        return name
    path = found.plugin_resolved_path
    parts = path.split(os.sep)
    if "ansible_collections" in parts:
        at = len(parts) - 1 - parts[::-1].index("ansible_collections")
        namespace, collection, rest = parts[at + 1], parts[at + 2], parts[at + 5:]
        return ".".join([namespace, collection] + rest[:-1] + [os.path.splitext(rest[-1])[0]])
    own = os.path.join(os.path.dirname(os.path.realpath(sys.modules["ansible"].__file__)), "modules")
    if os.path.realpath(path).startswith(own + os.sep):
        return "ansible.builtin." + os.path.splitext(parts[-1])[0].lstrip("_")
    return name


actions = Actions()
