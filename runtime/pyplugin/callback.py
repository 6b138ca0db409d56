# Callback plugins. Ansible's own queue manager loads and calls them here, in this process; pbc tells what happens, one event
# after the other, and waits until all have heard it. What they print goes to the standard output that they share with pbc.


class Callbacks:
    """The callback plugins, and the objects that they are given."""

    def load(self, request):
        from ansible import constants as C
        from ansible.executor.task_queue_manager import TaskQueueManager
        from ansible.plugins.callback import CallbackBase
        from ansible.utils.display import Display
        Display().verbosity, current.direct = world.verbosity, True
        C.CALLBACKS_ENABLED = request["enabled"]
        self.tasks, self.hosts, self.play = {}, {}, None
        handle, signal.signal = signal.signal, lambda *args: None  # the manager would take signals that are not for this process
        try:
            self.manager = TaskQueueManager(None, None, world.loader, world.passwords, request["stdout"] or dialect.silent(CallbackBase), forks=1)
        finally:
            signal.signal = handle
        self.manager.load_callbacks()
        dialect.unsilent(self.manager, not request["stdout"])
        self.contextual = [self.manager._stdout_callback] if hasattr(self.manager, "_stdout_callback") else []
        self.contextual += self.manager._callback_plugins

    def tell(self, event, **more):
        event = unpack(event)
        call = event.pop("call")
        shape = getattr(self, "with_" + ("result" if "result" in event else call[3:]), None)
        self.manager.send_callback(call, *(shape(**event) if shape else ()), **more)
        sys.stdout.flush()

    def with_playbook_on_start(self, path):
        return [types.SimpleNamespace(_file_name=path, _basedir=os.path.dirname(os.path.abspath(path)), _loader=world.loader,
                                      get_plays=lambda: [], get_loader=lambda: world.loader)]

    def with_playbook_on_play_start(self, id, name, path, hosts, strategy, check):
        from ansible.playbook.play import Play
        from ansible.playbook.play_context import PlayContext
        play = Play()
        play.name, play._uuid, play.strategy, play.check_mode = name, id, strategy or "linear", check
        play.hosts = hosts
        play.get_path, play._variable_manager = lambda: path, None
        self.play = play
        for plugin in self.contextual:
            if hasattr(plugin, "set_play_context"):
                plugin.set_play_context(PlayContext(play=play, passwords=world.passwords))
        return [play]

    def with_playbook_on_task_start(self, task):
        return [self.task(task)]

    def with_playbook_on_handler_task_start(self, task):
        return [self.task(task)]

    def with_runner_on_start(self, host, task):
        return [self.host(host), self.task(task)]

    def with_playbook_on_notify(self, handler, host):
        return [self.task({"id": "", "name": handler, "handler": True}), self.host(host)]

    def with_playbook_on_include(self, file, hosts, task, args, vars):
        from ansible.playbook.included_file import IncludedFile
        included = IncludedFile(file, args, vars, self.task(task))
        included._hosts = [self.host(name) for name in hosts]
        return [included]

    def with_playbook_on_stats(self, hosts, custom):
        from ansible.executor.stats import AggregateStats
        stats = AggregateStats()
        for host, numbers in hosts.items():
            stats.processed[host] = 1
            for what, number in numbers.items():
                if number:
                    getattr(stats, what)[host] = number
        stats.custom = custom
        return [stats]

    def with_result(self, host, task, name, ignored, result, delegate_to=None):
        known = self.task(task)
        fields = {"name": name, "args": task["args"], "action": task["action"], "ignore_errors": ignored, "delegate_to": delegate_to,
                  "no_log": task["no_log"], "loop": task["loop"] or None, "diff": task["diff"], "check_mode": task["check_mode"]}
        known.delegate_to = delegate_to
        return [dialect.result(self.host(host), known, result, fields)]

    def host(self, name):
        from ansible.inventory.host import Host
        if name not in self.hosts:
            self.hosts[name] = Host(name)
        return self.hosts[name]

    def task(self, about):
        """Ansible's object for a task: one for all that is told of it."""
        from ansible.playbook.handler import Handler
        from ansible.playbook.task import Task
        from ansible.playbook.task_include import TaskInclude
        key = (about["id"], about["name"] if not about["id"] else None)
        task = self.tasks.get(key)
        if task is None:
            kind = Handler if about.get("handler") else TaskInclude if about.get("include") else Task
            task = self.tasks[key] = kind()
            task._squashed = task._finalized = True
            if about["id"]:
                task._uuid = about["id"]
        for field in ("action", "args", "no_log", "check_mode", "diff", "ignore_errors", "ignore_unreachable"):
            if field in about:
                setattr(task, field, about[field])
        task.name = about["name"]
        task.loop = [] if about.get("loop") else None
        if about.get("loop"):
            task.loop = "{{ items }}"
        task.get_name, task.get_path = lambda *args, **kwargs: about["name"], lambda: about.get("path")
        task._parent = types.SimpleNamespace(_play=self.play)
        return task


def tell(request):
    """Tells the callbacks of an event. A diff is told before its result, as Ansible does."""
    event = request["event"]
    call = event["call"]
    if event.get("task", {}).get("diff") and (call == "v2_runner_item_on_ok" or call == "v2_runner_on_ok" and "diff" in event["result"]):
        callbacks.tell(dict(event, call="v2_on_file_diff"))
    callbacks.tell(event, **{"v2_runner_on_failed": {"ignore_errors": event.get("ignored") or None}, "v2_playbook_on_task_start": {"is_conditional": False}}.get(call, {}))


callbacks = Callbacks()
WORK["callbacks"], WORK["tell"] = callbacks.load, tell
