"""Writes what Ansible's own validator makes of the argument specs in cases.json, into the file named."""
import json
import os
import sys

from ansible.module_utils.common import warnings
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "cases.json")) as f:
    cases = json.load(f)
os.environ["HOME"] = "/home/x"
os.environ["VAR"] = "value"
out = {}
for case in cases:
    rows = []
    for args in case["args"]:
        relations = {k: case.get(k) for k in ("mutually_exclusive", "required_together", "required_one_of", "required_if", "required_by")}
        for name in "_global_warnings", "_global_deprecations":
            if hasattr(warnings, name):
                getattr(warnings, name).clear()
        r = ModuleArgumentSpecValidator(case["spec"], **relations).validate(args)
        msg = ""
        if r.error_messages:
            msg = r.errors.msg
            if isinstance(r.errors[0], UnsupportedError):
                msg = "Unsupported parameters for (x) module: " + msg
        rows.append({"error": msg.split("Valid booleans")[0], "params": r.validated_parameters, "secrets": sorted(r._no_log_values),
                     "warnings": list(warnings.get_warning_messages()), "deprecations": list(warnings.get_deprecation_messages())})
    out[case["name"]] = rows
with open(sys.argv[1], "w") as f:
    json.dump(out, f, indent=1, sort_keys=True)
    f.write("\n")
