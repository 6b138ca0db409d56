import os
import time

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    BYPASS_HOST_LOOP = True

    def run(self, tmp=None, task_vars=None):
        how = self._task.args["how"]
        if how == "die":
            os._exit(3)
        if how == "killed":
            os.kill(os.getpid(), 9)
        if how == "hang":
            self._low_level_execute_command("hanging")
            time.sleep(600)
        if how == "print":
            print("{\"id\": 1, \"ok\": true}")
            os.write(1, b"raw\n")
        if how == "work":
            return {"rc": self._low_level_execute_command("true")["rc"]}
        return {"vars": task_vars["plain"]}
