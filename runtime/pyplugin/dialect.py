# What differs between the generations of ansible-core. This follows server.py in one program.


def named(function, **known):
    """Calls a function of Ansible's with those of the arguments known that it has in this release."""
    return function(**{name: known[name] for name in inspect.signature(function).parameters})


def plain_text(text):
    """Whether a text cannot be a template."""
    return not any(mark in text for mark in ("{{", "{%", "{#"))


class Classic:
    """What differs between ansible-core up to 2.18, and from 2.19 on: this is the former."""
    undefinedness = "UndefinedError", "AnsibleUndefinedVariable"
    giving = None  # what current.redoing is while variables are packed

    def __init__(self):
        from ansible.parsing.yaml.objects import AnsibleVaultEncryptedUnicode
        from ansible.template import AnsibleUndefined, Templar
        from ansible.template.vars import AnsibleJ2Vars
        from ansible.utils.native_jinja import NativeJinjaText
        from ansible.utils.unsafe_proxy import AnsibleUnsafe, AnsibleUnsafeText
        self.Templar, self.Undefined, self.Vars = Templar, AnsibleUndefined, AnsibleJ2Vars
        self.Native, self.Unsafe, self.UnsafeText, self.Vault = NativeJinjaText, AnsibleUnsafe, AnsibleUnsafeText, AnsibleVaultEncryptedUnicode

    def listen(self, display):
        """Has what plugins tell the user told by pbc."""
        def warning(msg, *args, **kwargs):
            say("warning", msg)

        def deprecated(msg, version=None, removed=False, date=None, collection_name=None, **kwargs):
            from ansible import constants as C
            if removed or not C.DEPRECATION_WARNINGS or getattr(current, "direct", False):
                return plain(msg, version=version, removed=removed, date=date, collection_name=collection_name, **kwargs)
            if hasattr(display, "get_deprecation_message"):
                msg = display.get_deprecation_message(msg, version=version, date=date, collection_name=collection_name).split(": ", 1)[1]
            say("deprecated", msg)
        plain = display.deprecated
        display.warning, display.deprecated = warning, deprecated

    def function(self, kind, name):
        functions = getattr(templars.plain().environment, kind + "s")
        return functions[name]

    def context(self, templar, local):
        template = templar.environment.from_string("")
        templar.cur_context = template.new_context(self.Vars(templar, template.globals, locals=local), shared=True)
        return templar.cur_context

    def environment(self, templar):
        return templar.environment

    def template(self, text):
        return text

    def unsafe(self, text):
        return self.UnsafeText(text)

    def native(self, text):
        return self.Native(text)

    def undefined(self, name, hint):
        return self.Undefined(hint=hint or None, name=name)

    def vault(self, cipher):
        v = self.Vault(cipher)
        v.vault = world.vault
        return v

    def mark(self, text):
        """The tag of a text that is more than text, None for others."""
        if isinstance(text, self.Native):
            return "native"
        if isinstance(text, self.Unsafe) and not (getattr(current, "redoing", None) and plain_text(text)):
            return "unsafe"
        return None

    def place(self, data):
        """The line and column that a part of a playbook was read from."""
        return getattr(data, "ansible_pos", (None, None, None))[1:]

    def cipher(self, v):
        return v._ciphertext if isinstance(v, self.Vault) else None

    def variables(self, more):
        return Lazy("vars", more=more)

    def run(self, function, templar):
        return function()

    def lookup(self, run, templar, invoked_as_with):
        return run()

    def executor(self, kind, host, task, variables, context, loader):
        return named(kind, host=host, task=task, job_vars=variables, play_context=context, new_stdin=None,
                     loader=world.loader, shared_loader_obj=loader, final_q=None, variable_manager=None)

    def handler(self, executor, templar):
        return named(executor._get_action_handler_with_module_context, connection=executor._connection, templar=templar)[0]

    def silent(self, base):
        """What has the screen when no plugin has it."""
        return base()

    def unsilent(self, manager, silent):
        pass

    def result(self, host, task, result, fields):
        from ansible.executor.task_result import TaskResult
        if "include" not in result:
            result.setdefault("_ansible_no_log", False)
        return TaskResult(host, task, result, fields)

    def shows(self, args):
        """What was to be shown, of the arguments that came with it."""
        return args

    def engine(self, templar):
        return templar

    def running(self, task):
        return contextlib.nullcontext()

    def resolve(self, task, name):
        task.resolved_action = name

    def completed(self, result, task):
        result["_ansible_no_log"] = bool(task.no_log or result.get("_ansible_no_log", False))
        return result

    def omit(self, text):
        return text

    def help(self, error):
        """What is told apart from the message of an error."""
        return ""

    def hostvars(self, data, name):
        from ansible.vars.hostvars import HostVarsVars
        return HostVarsVars(data, loader=world.loader)


class Tagged:
    """What differs from ansible-core 2.19 on."""
    undefinedness = "MarkerError",  # others are errors of the plugin
    giving = "vars"

    def __init__(self):
        from ansible.parsing.vault import EncryptedString
        from ansible.template import AnsibleUndefined, Templar, is_trusted_as_template, trust_as_template
        self.Templar, self.Undefined, self.trusted, self.template = Templar, AnsibleUndefined, is_trusted_as_template, trust_as_template
        self.Vault = EncryptedString

    def listen(self, display):
        """As in Classic. What is told has its text only here, behind what Ansible adds to it."""
        from ansible._internal._display_utils import format_message

        def warning(summary):
            say("warning", format_message(summary, False).rstrip("\n"))

        def deprecated(summary):
            from ansible import constants as C
            if getattr(current, "direct", False):
                return plain(summary)
            if C.config.get_config_value("DEPRECATION_WARNINGS"):
                say("deprecated", format_message(summary, False).rstrip("\n"))
        plain = display._deprecated
        display._warning, display._deprecated = warning, deprecated

    def function(self, kind, name):
        from ansible.plugins.loader import filter_loader, test_loader
        try:
            plugin = {"filter": filter_loader, "test": test_loader}[kind].get(name)
        except KeyError:
            plugin = None
        if plugin is None:
            raise KeyError("No %s named %r." % (kind, name))
        return plugin.j2_function

    def environment(self, templar):
        return templar._engine.environment

    def context(self, templar, local):
        from ansible._internal._templating._jinja_bits import ArgSmuggler
        template = self.environment(templar).from_string("")
        return template.new_context(ArgSmuggler.package_jinja_vars(dict(templar.available_variables, **(local or {}))))

    def variables(self, more):
        found = dict(Lazy("vars", more=more)._load())  # this engine takes no other kind of dictionary
        found.pop("omit", None)
        return found

    def run(self, function, templar):
        from ansible._internal._templating._engine import TemplateOptions
        from ansible._internal._templating._utils import TemplateContext
        with TemplateContext(template_value="", templar=(templar or templars.plain())._engine, options=TemplateOptions.DEFAULT):
            return function()

    def omit(self, text):
        from ansible._internal._templating._utils import Omit
        return Omit

    def help(self, error):
        return getattr(error, "_help_text", None) or ""

    def hostvars(self, data, name):
        from ansible.vars.hostvars import HostVarsVars
        return HostVarsVars(data, loader=world.loader, host=name)

    def unsafe(self, text):
        return text

    def native(self, text):
        return text

    def undefined(self, name, hint):
        return self.Undefined(hint=hint or None, name=name)

    def vault(self, cipher):
        return self.Vault(ciphertext=cipher)

    def mark(self, text):
        redoing = getattr(current, "redoing", None)
        if redoing:
            return None if self.trusted(text) or redoing == "text" and plain_text(text) else "unsafe"
        return "template" if self.trusted(text) else None

    def place(self, data):
        from ansible._internal._datatag._tags import Origin
        origin = Origin.get_tag(data)
        return (origin.line_num, origin.col_num) if origin else (None, None)

    def cipher(self, v):
        return v._ciphertext if isinstance(v, self.Vault) else None

    def lookup(self, run, templar, invoked_as_with):
        from ansible._internal._templating._jinja_plugins import _LookupContext
        with _LookupContext(invoked_as_with=invoked_as_with):
            return self.run(run, templar)

    executor = Classic.executor
    handler = Classic.handler

    def silent(self, base):
        return "ansible.builtin.minimal"

    def unsilent(self, manager, silent):
        if silent:
            del manager._callback_plugins[0]

    def result(self, host, task, result, fields):
        from ansible.executor.task_result import _RawTaskResult
        if "include" not in result:
            result.setdefault("_ansible_no_log", False)
        return _RawTaskResult(host=host, task=task, return_data=result, task_fields=fields)

    def shows(self, args):
        return args[1:] if args[0] == "display" else ()

    def engine(self, templar):
        return templar._engine

    def running(self, task):
        from ansible._internal._task import TaskContext
        return TaskContext(task)

    def resolve(self, task, name):
        task._resolved_action = name

    def completed(self, result, task):
        if "ansible_facts" not in result and not isinstance(result, dict):  # what is no result fails here, or below
            result["failed"] = False
        return result
