# The notification callback that the conformance runner gives to the real ansible-playbook.
# It writes one JSON object per line to the file named by PBC_EVENT_LOG; conformance/README.md, "Event log",
# says what each line holds. It prints nothing and changes nothing.
from __future__ import annotations

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
    name: pbc_events
    type: notification
    short_description: records what happened as JSON lines
    description: Writes one JSON object per line for each result, task, play and for the final statistics.
"""


def plain(value):
    """What json cannot write itself: bytes, sets, wrapped mappings, anything with a text form."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if hasattr(value, "items"):
        return dict(value)
    return str(value)


def public(result):
    """A result without Ansible's internal keys and the echoed invocation, its items' results likewise."""
    shown = {key: value for key, value in result.items()
             if not str(key).startswith("_ansible_") and key != "invocation"}
    items = shown.get("results")
    if isinstance(items, list):
        shown["results"] = [public(item) if isinstance(item, dict) else item for item in items]
    return shown


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "pbc_events"
    CALLBACK_NEEDS_ENABLED = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        path = os.environ.get("PBC_EVENT_LOG")
        self.log = open(path, "a", encoding="utf-8", errors="backslashreplace") if path else None

    def emit(self, event, **fields):
        if self.log is None:
            return
        line = {"event": event}
        line.update((key, value) for key, value in fields.items() if value is not None)
        self.log.write(json.dumps(line, default=plain) + "\n")
        self.log.flush()

    def result(self, event, result, **fields):
        task = result._task
        self.emit(event, host=result._host.get_name(), task=result.task_name, action=task.action,
                  result=public(result._result), **fields)

    def item(self, event, result, **fields):
        outcome = result._result
        label = outcome.get("_ansible_item_label", outcome.get(outcome.get("ansible_loop_var", "item")))
        if outcome.get("_ansible_no_log"):
            label = None
        self.result(event, result, item=label, **fields)

    def v2_playbook_on_play_start(self, play):
        self.emit("play", name=play.get_name())

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.emit("task", task=task.get_name(), action=task.action)

    def v2_playbook_on_handler_task_start(self, task):
        self.emit("handler", task=task.get_name(), action=task.action)

    def v2_playbook_on_cleanup_task_start(self, task):
        self.emit("cleanup", task=task.get_name(), action=task.action)

    def v2_playbook_on_no_hosts_matched(self):
        self.emit("no_hosts_matched")

    def v2_playbook_on_no_hosts_remaining(self):
        self.emit("no_hosts_remaining")

    def v2_playbook_on_notify(self, handler, host):
        self.emit("notify", host=host.get_name(), task=handler.get_name())

    def v2_playbook_on_include(self, included_file):
        self.emit("include", file=included_file._filename,
                  hosts=[host.get_name() for host in included_file._hosts])

    def v2_runner_on_ok(self, result):
        self.result("ok", result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.result("failed", result, ignored=bool(ignore_errors))

    def v2_runner_on_skipped(self, result):
        self.result("skipped", result)

    def v2_runner_on_unreachable(self, result):
        self.result("unreachable", result)

    def v2_runner_item_on_ok(self, result):
        self.item("item_ok", result)

    def v2_runner_item_on_failed(self, result):
        self.item("item_failed", result, ignored=bool(result._task_fields.get("ignore_errors")))

    def v2_runner_item_on_skipped(self, result):
        self.item("item_skipped", result)

    def v2_runner_retry(self, result):
        self.result("retry", result)

    def v2_playbook_on_stats(self, stats):
        names = sorted(stats.processed)
        self.emit("stats", hosts={name: stats.summarize(name) for name in names},
                  custom=stats.custom or None)
