# Starts ansible-playbook many times without paying each time for what it imports of others. This process has imported
# the libraries that ansible-playbook uses, and nothing of Ansible's own, which reads its settings when it is imported. For each
# request it forks a process that becomes what a fresh Python would be: its environment, folder, arguments, descriptors
# and process group; that then runs the program's own script from its first line.
#
# Descriptor 3 is a socket of packets. A request is a JSON object {path, args, env, dir} with four descriptors: standard
# input, output and error, and one that is told the number of the process and, when it has ended, its wait status and
# its processor seconds, in one line each. The socket's end is this process's.
import json
import os
import signal
import socket
import sys

LIBRARIES = """
    argcomplete argparse ast base64 bz2 configparser csv ctypes curses datetime distro email.message email.parser getpass
    importlib.metadata importlib.resources ipaddress json locale logging lzma multiprocessing.queues multiprocessing.synchronize
    pty queue random secrets shlex shutil socket subprocess syslog tarfile tempfile threading tokenize traceback urllib.parse uuid zipfile
    cryptography.exceptions cryptography.hazmat.backends cryptography.hazmat.backends.openssl cryptography.hazmat.primitives.ciphers
    cryptography.hazmat.primitives.hashes cryptography.hazmat.primitives.hmac cryptography.hazmat.primitives.kdf.pbkdf2
    cryptography.hazmat.primitives.padding
    jinja2 jinja2.nativetypes jinja2.sandbox packaging.requirements packaging.specifiers packaging.version requests winrm
    xml.dom.minidom xmltodict yaml
""".split()


def preload():
    for name in LIBRARIES:
        try:
            __import__(name)
        except ImportError:
            pass  # it will be missing for the program, too
    if [name for name in sys.modules if name == "ansible" or name.startswith("ansible.")]:
        sys.exit("a library imports Ansible")


def serve(requests):
    """Returns in each process that is to become the program: what it was asked to be."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for keepers
    while True:
        packet, fds, _, _ = socket.recv_fds(requests, 1 << 20, 4)
        if not packet:
            os._exit(0)
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            requests.close()
            return keep(json.loads(packet), fds)
        for fd in fds:
            os.close(fd)


def keep(request, fds):
    """Starts the program's process, waits for it, and tells of it."""
    stdin, stdout, stderr, reply = fds
    child = os.fork()
    if child == 0:
        os.close(reply)
        os.setpgid(0, 0)
        for number, fd in enumerate((stdin, stdout, stderr)):
            os.dup2(fd, number)
            os.close(fd)
        return request
    for fd in (stdin, stdout, stderr, 0, 1, 2):
        os.close(fd)
    try:
        os.setpgid(child, child)
    except OSError:
        pass  # it has done so itself
    os.write(reply, b"%d\n" % child)
    _, status, used = os.wait4(child, 0)
    os.write(reply, b"%d %f\n" % (status, used.ru_utime + used.ru_stime))
    os._exit(0)


def become(request):
    """Makes this process what a fresh Python would be that is about to run the script, and returns the script."""
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["dir"])
    path = request["path"]
    sys.argv[:] = [path] + request["args"]
    sys.orig_argv[:] = [sys.executable] + sys.argv
    sys.path[0] = os.path.dirname(os.path.realpath(path))
    sys.modules["__main__"].__file__ = path
    with open(path, "rb") as script:
        return compile(script.read(), path, "exec")


sys.path[0] = sys.argv[1]
preload()
exec(become(serve(socket.socket(fileno=3))))
