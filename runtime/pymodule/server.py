# The warm interpreter of pbc: it keeps Python with the code that every module needs imported, and forks for
# each module. It is started with -c, reads commands from descriptor 3 and answers on descriptor 4:
#
#   message = size json { part }              size: 4 bytes, big-endian, of json
#   json    = {"op": ..., "parts": [sizes], ...}
#
#   down    files  digest                     part: a bundle (see pbc/compiler/payload)
#           run    id module name base own limit   parts: arguments as JSON; the environment, NAME=value ended by NUL
#           kill   id signal
#   up      hello  version
#           done   id rc                      parts: standard output, standard error
#           broken id name error line column  a file of the module is no Python
#
# Every command but kill is answered in the order of its end; files is not answered. When descriptor 3 ends, so does
# everything that was started.
import sys
if sys.version_info < (3, 5):
    sys.stderr.write('pbc runs modules with Python 3.5 and later; %s is %s\n' % (sys.executable, sys.version.split()[0]))
    sys.exit(1)
import gc
import importlib.util
import json
import os
import runpy
import select
import signal
import struct
import tempfile
import time
import zlib


def read_full(fd, size):
    data = b''
    while len(data) < size:
        piece = os.read(fd, min(size - len(data), 1 << 20))
        if not piece:
            return None
        data += piece
    return data


def receive():
    head = read_full(3, 4)
    text = head and read_full(3, struct.unpack('>I', head)[0])
    if not text:
        return None, None
    message = json.loads(text.decode('utf-8'))
    return message, [read_full(3, n) for n in message.get('parts', [])]


def send(message, *parts):
    message['parts'] = [len(p) for p in parts]
    text = json.dumps(message).encode('utf-8')
    data = memoryview(b''.join([struct.pack('>I', len(text)), text] + list(parts)))
    while data:
        data = data[os.write(4, data):]


def unpack(bundle):
    data, at, files = zlib.decompress(bundle), 0, {}
    while at < len(data):
        n = struct.unpack_from('>I', data, at)[0]
        path = data[at + 4:at + 4 + n].decode('utf-8')
        at += 4 + n
        n = struct.unpack_from('>I', data, at)[0]
        files[path] = data[at + 4:at + 4 + n]
        at += 4 + n
    return files


class Source(object):
    """A bundle as Python imports it: finder and loader of what is in it. Code is compiled once."""

    def __init__(self, root, files):
        self.root, self.files, self.code, self.at = root, files, {}, {}
        for path in files:
            name = path[:-3].replace('/', '.')
            self.at[name[:-9] if name.endswith('.__init__') else name] = path

    def compile(self):
        for path in self.files:
            try:
                self.get_code(path[:-3].replace('/', '.'), path)
            except (SyntaxError, ValueError) as e:
                return {'name': path, 'error': getattr(e, 'msg', None) or str(e), 'line': getattr(e, 'lineno', None) or 0, 'column': getattr(e, 'offset', None) or 0}

    def find_spec(self, name, path=None, target=None):
        if name not in self.at:
            return None
        where = [os.path.dirname(self.get_filename(name))] if self.is_package(name) else None
        return importlib.util.spec_from_file_location(name, self.get_filename(name), loader=self, submodule_search_locations=where)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(self.get_code(module.__name__), module.__dict__)

    def is_package(self, name):
        return self.at[name].endswith('/__init__.py')

    def get_filename(self, name):
        return self.root + '/' + self.at[name]

    def get_code(self, name, path=None):
        path = path or self.at[name]
        if path not in self.code:
            self.code[path] = compile(self.files[path], self.root + '/' + path, 'exec', dont_inherit=True)
        return self.code[path]

    def get_source(self, name):
        if name not in self.at:
            raise ImportError(name)
        return importlib.util.decode_source(self.files[self.at[name]])

    def get_data(self, path):
        try:
            return self.files[path[len(self.root) + 1:]]
        except KeyError:
            raise OSError(2, 'No such file or directory', path)


class Job(object):
    def __init__(self, message, parts):
        self.id, self.module, self.name, self.limit = (message[k] for k in ('id', 'module', 'name', 'limit'))
        self.base, self.own = message['base'], message['own']
        self.args, self.env = parts
        self.pid, self.out = None, {}


class Leave(Exception):
    """Raised in a child, to leave the server's loop."""


class Server(object):
    def __init__(self):
        self.bundles, self.sources, self.jobs = {}, {}, {}
        self.names = tempfile._get_candidate_names()
        self.folders = []
        self.base = None
        self.wake, wakeup = os.pipe()
        for fd in (self.wake, wakeup):
            os.set_blocking(fd, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakeup)

    def path(self, name):
        """Where Ansible would have put the files of a module: what they call themselves. Mostly nothing is there."""
        return '%s/ansible_%s_payload_%s/ansible_%s_payload.zip' % (tempfile.gettempdir(), name, next(self.names), name)

    def prepare(self, job):
        """Imports what every module needs, and compiles what this one does. Returns what is no Python."""
        if self.base is None:
            self.base = Source(self.path('module'), self.bundles.pop(job.base))
            sys.meta_path.insert(0, self.base)
            import ansible.module_utils.basic
            if 'ansible.module_utils._internal._ansiballz._loader' in self.base.at:
                import ansible.module_utils._internal._ansiballz._loader
            getattr(gc, 'freeze', gc.collect)()
        if job.own in self.sources:
            return None
        source = Source(self.path(job.name), self.bundles.pop(job.own))
        broken = source.compile()
        if broken is None:
            self.sources[job.own] = source
            if any(b'_modlib_path' in text for text in source.files.values()):
                self.write_zip(source)
        return broken

    def write_zip(self, source):
        """Some modules start another Python with the code they were sent."""
        import zipfile
        folder = os.path.dirname(source.root)
        os.mkdir(folder, 0o700)
        self.folders.append(folder)
        with zipfile.ZipFile(source.root, 'w') as z:
            files = dict(self.base.files)
            files.update(source.files)
            for path in sorted(files):
                z.writestr(zipfile.ZipInfo(path), files[path])

    def start(self, message, parts):
        job = Job(message, parts)
        broken = self.prepare(job)
        if broken:
            send(dict(broken, op='broken', id=job.id))
            return
        out, err = os.pipe(), os.pipe()
        job.pid = os.fork()
        if job.pid == 0:
            os.setpgid(0, 0)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            null = os.open(os.devnull, os.O_RDONLY)
            for old, new in ((null, 0), (out[1], 1), (err[1], 2)):
                os.dup2(old, new)
            os.closerange(3, max(null, err[1], self.wake + 1) + 64)
            raise Leave(job)
        try:
            os.setpgid(job.pid, job.pid)
        except OSError:
            pass  # it has done so itself
        for fd in (out[1], err[1]):
            os.close(fd)
        for fd in (out[0], err[0]):
            os.set_blocking(fd, False)
        job.out = {out[0]: [], err[0]: []}
        job.open = {out[0], err[0]}
        job.fds = (out[0], err[0])
        self.jobs[job.id] = job

    def drain(self, job, fd):
        while fd in job.open:
            try:
                data = os.read(fd, 1 << 16)
            except BlockingIOError:
                return
            if not data:
                job.open.discard(fd)
            job.out[fd].append(data)

    def reap(self):
        for job in list(self.jobs.values()):
            pid, status = os.waitpid(job.pid, os.WNOHANG)
            if pid == 0:
                continue
            for fd in job.fds:
                self.drain(job, fd)
                os.close(fd)
            del self.jobs[job.id]
            rc = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
            send({'op': 'done', 'id': job.id, 'rc': rc}, *[b''.join(job.out[fd]) for fd in job.fds])

    def serve(self):
        send({'op': 'hello', 'version': list(sys.version_info[:3])})
        while True:
            open_fds = [fd for job in self.jobs.values() for fd in job.open]
            ready = select.select([3, self.wake] + open_fds, [], [])[0]
            if self.wake in ready:
                os.read(self.wake, 512)
                self.reap()
            for job in self.jobs.values():
                for fd in job.fds:
                    if fd in ready:
                        self.drain(job, fd)
            if 3 in ready:
                message, parts = receive()
                if message is None:
                    return
                self.take(message, parts)

    def take(self, message, parts):
        if message['op'] == 'files':
            self.bundles[message['digest']] = unpack(parts[0])
        elif message['op'] == 'run':
            self.start(message, parts)
        elif message['op'] == 'kill' and message['id'] in self.jobs:
            os.killpg(self.jobs[message['id']].pid, message['signal'])

    def end(self):
        for job in self.jobs.values():
            os.killpg(job.pid, signal.SIGKILL)
        for folder in self.folders:
            for name in os.listdir(folder):
                os.remove(folder + '/' + name)
            os.rmdir(folder)


def execute(server, job):
    """Runs a module in its own process, as if Python had just been started for it."""
    os.environ.clear()
    for entry in job.env.split(b'\0')[:-1]:
        name, value = entry.split(b'=', 1)
        os.environb[name] = value
    time.tzset()
    if sys.version_info < (3, 7) and 'random' in sys.modules:
        sys.modules['random'].seed()
    if job.limit:
        import resource
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, job.limit) if hard > 0 else job.limit, hard))
        except ValueError:
            pass
    try:
        os.getcwd()
    except OSError:
        try:
            os.chdir(os.path.expanduser('~'))
        except OSError:
            os.chdir('/')
    source = server.sources[job.own]
    sys.meta_path.insert(0, source)
    sys.path.insert(0, source.root)
    sys.argv = [source.root]
    from ansible.module_utils import basic
    loader = sys.modules.get('ansible.module_utils._internal._ansiballz._loader')
    if loader:
        loader.run_module(json_params=job.args, profile='legacy', module_fqn=job.module, modlib_path=source.root, extensions={})
        return
    basic._ANSIBLE_ARGS = job.args
    runpy.run_module(job.module, init_globals={'_module_fqn': job.module, '_modlib_path': source.root}, run_name='__main__', alter_sys=True)
    print('{"msg": "New-style module did not handle its own exit", "failed": true}')
    sys.exit(1)


sys.path[:] = [p for p in sys.path if p not in ('', '.')]
server, job = Server(), None
try:
    server.serve()
    server.end()
except Leave as leave:
    job = leave.args[0]
if job:
    execute(server, job)
