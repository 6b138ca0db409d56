# Vars plugins. This follows server.py in one program.


class VarsPlugins:
    """The inventory as vars plugins see it, and what they give."""

    def __init__(self):
        self.known = None

    def describe(self, request):
        """Makes Ansible's inventory of what pbc has."""
        from ansible.inventory.data import InventoryData
        data = InventoryData()
        about = unpack(request["inventory"])
        for group in about["groups"]:
            data.add_group(group["name"])
            data.groups[group["name"]].vars = group["vars"]
            data.groups[group["name"]].priority = group["priority"]
        for host in about["hosts"]:
            data.add_host(host["name"])
            data.hosts[host["name"]].vars = host["vars"]
        for group in about["groups"]:
            for child in group["children"] + group["hosts"]:
                data.add_child(group["name"], child)
        self.known = data

    def entities(self, request):
        from ansible.inventory.host import Host
        if not request["hosts"]:
            return [self.known.groups[name] for name in request["names"]]
        return [self.known.hosts.get(name) or Host(name) for name in request["names"]]

    def vars(self, request):
        """What each plugin gives, in order; None stands where pbc's own host_group_vars comes."""
        from ansible.errors import AnsibleError
        try:
            with importing:
                given = self.collect(request)
            current.redoing = dialect.giving
            return {"given": pack(given)}
        except AnsibleError as e:
            return {"raised": message(e), "exit": exit_code(e)}
        except Exception as e:
            return {"raised": message(e), "exit": 250}
        finally:
            current.redoing = None

    def collect(self, request):
        """Has Ansible go through its plugins: which there are, in which order, and who runs in a stage is its to say."""
        from ansible.vars import plugins
        given, plain = [], plugins.get_plugin_vars
        own = os.path.join(os.path.dirname(os.path.realpath(sys.modules["ansible"].__file__)), "plugins", "vars", "host_group_vars.py")

        def one(loader, plugin, path, entities):
            if os.path.realpath(plugin._original_path) == own:
                given.append(None)
            else:
                given.append(plugins.combine_vars({}, plain(loader, plugin, path, entities)))
            return {}
        world.loader.set_basedir(request["basedir"])
        plugins.get_plugin_vars = one
        try:
            plugins.get_vars_from_path(world.loader, request["dir"], self.entities(request), request["stage"])
        finally:
            plugins.get_plugin_vars = plain
        return given


def exit_code(e):
    """The exit code of ansible-playbook for an error of Ansible's."""
    from ansible.errors import AnsibleParserError
    code = getattr(e, "_exit_code", None)
    return int(code) if code is not None else 4 if isinstance(e, AnsibleParserError) else 1


varsplugins = VarsPlugins()
WORK["describe"], WORK["vars"] = varsplugins.describe, varsplugins.vars
