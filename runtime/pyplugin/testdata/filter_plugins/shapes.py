import datetime
import decimal

from ansible.errors import AnsibleFilterError
from jinja2 import pass_context, pass_environment, pass_eval_context


def made(kind):
    return {
        "tuple": (1, "a"), "set": {7}, "bytes": b"\xff\x00", "date": datetime.date(2024, 2, 29),
        "datetime": datetime.datetime(2024, 2, 29, 1, 2, 3, 4), "delta": datetime.timedelta(days=-1, seconds=5),
        "generator": (x * x for x in range(3)), "none": None, "float": 0.1, "nan": float("nan"), "big": 2 ** 70,
        "keys": {1: "a", (1, 2): "b", "!": "c"}, "decimal": decimal.Decimal("1.50"), "surrogate": "a\udcffb",
    }[kind]


def fails(value, how):
    if how == "filter":
        raise AnsibleFilterError("no %s here" % value)
    if how == "exit":
        raise SystemExit(3)
    return value.nothing


@pass_context
def reads(context, name):
    return context.resolve(name)


@pass_eval_context
def volatile(ctx, value):
    return [ctx.volatile, value]


@pass_environment
def knows(environment, name):
    return name in environment.filters


class FilterModule:
    def filters(self):
        return {
            "made": made, "same": lambda v, *a, **kw: [v, list(a), kw] if a or kw else v, "kind": lambda v: type(v).__name__, "fails": fails,
            "reads": reads, "volatile": volatile, "knows": knows, "to_json": lambda v: "shadowed",
        }
