"""A callback that writes every result of a play to a file, one JSON text a line."""
import json
import os

from ansible.parsing.ajson import AnsibleJSONEncoder
from ansible.plugins.callback import CallbackBase

try:  # ansible-core 2.19
    from ansible.module_utils._internal._event_utils import format_event_brief_message
except ImportError:
    format_event_brief_message = None

DOCUMENTATION = """
name: dump
type: aggregate
short_description: write results as JSON lines
description: write results as JSON lines
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "dump"
    CALLBACK_NEEDS_ENABLED = False

    def _dump(self, result, **mark):
        row = {"name": result._task.get_name(), "result": {
            k: v for k, v in result._result.items() if not k.startswith("_ansible")}}
        row["result"].update(mark)
        if format_event_brief_message and result.exception:
            row["result"]["error"] = format_event_brief_message(result.exception.event)
        with open(os.environ["DUMP_RESULTS"], "a") as f:
            f.write(json.dumps(row, cls=AnsibleJSONEncoder, sort_keys=True) + "\n")

    def v2_runner_on_ok(self, result):
        self._dump(result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._dump(result, failed=True)

    def v2_runner_on_skipped(self, result):
        self._dump(result, skipped=True)

    def v2_runner_on_unreachable(self, result):
        self._dump(result, unreachable=True)
