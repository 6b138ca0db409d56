from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        if "fail" in kwargs:
            raise AnsibleLookupError("told to fail")
        if "template" in kwargs:
            return [self._templar.template(variables[t]) for t in terms]
        if "host" in kwargs:
            return [variables["hostvars"][kwargs["host"]][t] for t in terms]
        return [terms, kwargs, self._load_name.rsplit(".", 1)[-1], sorted(variables)]
