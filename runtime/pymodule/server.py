# The warm interpreter of pbc: it keeps Python with the code that every module needs imported, and forks for
# each module. It is started with -c, reads commands from descriptor 3 and answers on descriptor 4:
#
#   message = size json { part }              size: 4 bytes, big-endian, of json
#   json    = {"op": ..., "parts": [sizes], ...}
#
#   down    files  digest                     part: a bundle (see pbc/compiler/payload)
#           run    id module name base own limit fresh   parts: arguments as JSON; the environment, NAME=value ended by NUL;
#                                             fresh: not by an interpreter that is stale
#           kill   id signal
#   up      hello  version                    what follows answers run
#           done   id rc                      parts: standard output, standard error
#           broken id name error line column  a file of the module is no Python
#           stale id                          what Python reads when it starts has changed: another one has to run it
#
# Every command but kill is answered in the order of its end; files is not answered. When descriptor 3 ends, so does
# everything that was started.
import sys
if sys.version_info < (2, 7) or (3, 0) <= sys.version_info < (3, 5):
    sys.stderr.write('pbc runs modules with Python 2.7, and with 3.5 and later; %s is %s\n' % (sys.executable, sys.version.split()[0]))
    sys.exit(1)
import errno
import fcntl
import gc
import json
import os
import runpy
import select
import signal
import struct
import tempfile
import time
import zlib
PYTHON2 = sys.version_info[0] == 2  # dialect classic still has modules that run with it
if PYTHON2:
    import imp
else:
    import importlib.util
OLDEST_CONTROLLER = (3, 9)


def never_wait(fd):
    fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)


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


def write(fd, message, parts):
    message['parts'] = [len(p) for p in parts]
    text = json.dumps(message).encode('utf-8')
    data = memoryview(b''.join([struct.pack('>I', len(text)), text] + list(parts)))
    while data:
        data = data[os.write(fd, data):]


def send(message, *parts):
    write(4, message, parts)


def unpack(bundle):
    data, at, files = zlib.decompress(bundle), 0, {}
    while at < len(data):
        n = struct.unpack_from('>I', data, at)[0]
        path = data[at + 4:at + 4 + n] if PYTHON2 else data[at + 4:at + 4 + n].decode('utf-8')
        at += 4 + n
        n = struct.unpack_from('>I', data, at)[0]
        files[path] = data[at + 4:at + 4 + n]
        at += 4 + n
    return files


class Source(object):
    """A bundle as Python imports it: finder and loader of what is in it. Code is compiled once."""

    def __init__(self, root, files, shown=None):
        self.root, self.files, self.code, self.at = root, files, {}, {}
        self.shown = shown or root  # what code says it is from
        for path in files:
            name = path[:-3].replace('/', '.')
            self.at[name[:-9] if name.endswith('.__init__') else name] = path

    def compile(self):
        """Returns the first file that is no Python. For a Python older than any that Ansible itself runs with a file may be too new, which
        fails where it is imported, and nowhere else."""
        for path in self.files:
            try:
                self.get_code(path[:-3].replace('/', '.'), path)
            except (SyntaxError, ValueError, TypeError) as e:
                if sys.version_info < OLDEST_CONTROLLER:
                    continue
                return {'name': path, 'error': getattr(e, 'msg', None) or str(e), 'line': getattr(e, 'lineno', None) or 0, 'column': getattr(e, 'offset', None) or 0}

    def find_spec(self, name, path=None, target=None):
        if name not in self.at:
            return None
        where = [os.path.dirname(self.get_filename(name))] if self.is_package(name) else None
        return importlib.util.spec_from_file_location(name, self.get_filename(name), loader=self, submodule_search_locations=where)

    def below(self, path):
        """Python 2's runpy looks through the folders of packages only: this is the importer of those in the bundle."""
        if not path.startswith(self.root + '/'):
            raise ImportError(path)
        return self

    def find_module(self, name, path=None):
        """Python 2 asks this, and then for load_module."""
        return self if name in self.at else None

    def load_module(self, name):
        if name in sys.modules:
            return sys.modules[name]
        module = sys.modules[name] = imp.new_module(name)
        module.__file__, module.__loader__ = self.get_filename(name), self
        module.__package__ = name if self.is_package(name) else name.rpartition('.')[0]
        if self.is_package(name):
            module.__path__ = [os.path.dirname(module.__file__)]
        try:
            self.exec_module(module)
        except BaseException:
            sys.modules.pop(name, None)
            raise
        return sys.modules[name]

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
            self.code[path] = compile(self.files[path], self.shown + '/' + path, 'exec', dont_inherit=True)
        return self.code[path]

    def get_source(self, name):
        if name not in self.at:
            raise ImportError(name)
        return self.files[self.at[name]] if PYTHON2 else importlib.util.decode_source(self.files[self.at[name]])

    def get_data(self, path):
        try:
            return self.files[path[len(self.root) + 1:]]
        except KeyError:
            raise (IOError if PYTHON2 else OSError)(2, 'No such file or directory', path)


def ground():
    """What Python's own start depends on, which a task may change: its program, the folders that modules are imported from, among them
    those that Python would look into if they were there, and the files in them that name others."""
    import site
    sites = site.getsitepackages() if hasattr(site, 'getsitepackages') else []
    if site.ENABLE_USER_SITE:
        sites.append(site.getusersitepackages())
    links = [folder + '/' + name for folder in sites if os.path.isdir(folder) for name in os.listdir(folder) if name.endswith('.pth')]
    return dict.fromkeys([sys.executable] + sys.path + sites + links)


def look(places):
    """Puts the state of files and folders beside their names."""
    for place in places:
        try:
            at = os.stat(place)
            places[place] = (at.st_dev, at.st_ino, getattr(at, 'st_mtime_ns', at.st_mtime))
        except OSError:
            places[place] = None
    return places


class Job(object):
    def __init__(self, message, parts):
        self.id, self.limit = message['id'], message['limit']
        self.module, self.name = (message[k].encode('utf-8') if PYTHON2 else message[k] for k in ('module', 'name'))
        self.base, self.own = message['base'], message['own']
        self.args, self.env = parts


class Child(object):
    """A process that waits for one job."""

    def __init__(self, server):
        self.sources = len(server.sources)
        job, out, err = os.pipe(), os.pipe(), os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self.become(server, job[0], out[1], err[1])
        try:
            os.setpgid(self.pid, self.pid)
        except OSError:
            pass  # it has done so itself
        for fd in (job[0], out[1], err[1]):
            os.close(fd)
        for fd in (out[0], err[0]):
            never_wait(fd)
        self.job, self.fds = job[1], (out[0], err[0])
        self.out, self.open = {out[0]: [], err[0]: []}, {out[0], err[0]}

    def become(self, server, job, out, err):
        """The child itself: has the streams of a module, and its job's pipe where the server has commands."""
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDONLY)
        for old, new in ((null, 0), (out, 1), (err, 2), (job, 3)):
            os.dup2(old, new)
        os.closerange(4, max(null, err, job, server.wake + 1) + 64)
        raise Leave()

    def give(self, message, parts):
        """Hands the job over, and says whether there was anybody to take it."""
        try:
            write(self.job, message, parts)
        except OSError:
            return False
        finally:
            os.close(self.job)
            self.job = None
        return True

    def drain(self, fd):
        while fd in self.open:
            try:
                data = os.read(fd, 1 << 16)
            except OSError as e:
                if e.errno != errno.EAGAIN:
                    raise
                return
            if not data:
                self.open.discard(fd)
            self.out[fd].append(data)

    def close(self):
        for fd in self.fds + ((self.job,) if self.job else ()):
            os.close(fd)


class Leave(Exception):
    """Raised in a child, which leaves the server's loop."""


class Server(object):
    def __init__(self):
        self.bundles, self.sources, self.jobs = {}, {}, {}
        self.names = tempfile._get_candidate_names()
        self.folders = []
        self.base = None
        self.ground = look(ground())
        self.spare, self.dismissed, self.runs = None, set(), 0
        self.unfit = None  # why what every module needs cannot be imported
        self.wake, wakeup = os.pipe()
        for fd in (self.wake, wakeup):
            never_wait(fd)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.siginterrupt(signal.SIGCHLD, False)
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
        if job.own in self.sources:
            return None
        # From ansible-core 2.19 on, code below the folder of the package ansible is told by that from other code.
        loads = 'ansible.module_utils._internal._ansiballz._loader' in self.base.at
        source = Source(self.path(job.name), self.bundles[job.own], self.base.root if loads else None)
        broken = source.compile()
        if broken is None:
            self.sources[job.own] = source
            del self.bundles[job.own]
            getattr(gc, 'freeze', gc.collect)()  # what is here now is nothing that a module has made
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
        if message['fresh'] and look(dict.fromkeys(self.ground)) != self.ground:
            send({'op': 'stale', 'id': job.id})
            self.spare = self.spare and self.dismiss(self.spare)
            return
        broken = None
        if not self.unfit:
            try:
                broken = self.prepare(job)
            except BaseException:  # this Python is none that ansible-core's modules run with
                import traceback
                self.unfit = traceback.format_exc()
        if self.unfit:
            send({'op': 'done', 'id': job.id, 'rc': 1}, b'', self.unfit if PYTHON2 else self.unfit.encode('utf-8', 'replace'))
            return
        if broken:
            send(dict(broken, op='broken', id=job.id))
            return
        child, self.spare = self.spare, None
        if child and child.sources != len(self.sources):
            child = self.dismiss(child)  # it does not know this module
        if child and not child.give(message, parts):
            child = self.dismiss(child)  # somebody has ended it
        if not child:
            child = Child(self)
            child.give(message, parts)
        self.jobs[job.id] = child
        self.runs += 1

    def collect(self, child, fd):
        """Takes what a module prints. Mostly that is its end, which takes time: time to make the next one's process."""
        child.drain(fd)
        self.provide()

    def provide(self):
        if not self.spare and self.runs > 1:  # whoever runs one module alone has no use for it
            self.spare = Child(self)

    def dismiss(self, child):
        """Has a child end that got no job. Returns None."""
        child.close()
        self.dismissed.add(child.pid)

    def reap(self):
        for pid in list(self.dismissed):
            if os.waitpid(pid, os.WNOHANG)[0]:
                self.dismissed.remove(pid)
        if self.spare and os.waitpid(self.spare.pid, os.WNOHANG)[0]:
            self.spare.close()
            self.spare = None
        for id, child in list(self.jobs.items()):
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid == 0:
                continue
            for fd in child.fds:
                child.drain(fd)
            child.close()
            del self.jobs[id]
            rc = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
            send({'op': 'done', 'id': id, 'rc': rc}, *[b''.join(child.out[fd]) for fd in child.fds])
            self.provide()

    def serve(self):
        send({'op': 'hello', 'version': list(sys.version_info[:3])})
        while True:
            open_fds = [fd for child in self.jobs.values() for fd in child.open]
            ready = self.wait([3, self.wake] + open_fds)
            if self.wake in ready:
                os.read(self.wake, 512)
                self.reap()
            for child in self.jobs.values():
                for fd in child.fds:
                    if fd in ready:
                        self.collect(child, fd)
            if 3 in ready:
                message, parts = receive()
                if message is None:
                    return
                self.take(message, parts)

    def wait(self, fds):
        """The descriptors that can be read, of which there is one at least."""
        while True:
            try:
                return select.select(fds, [], [])[0]
            except select.error as e:
                if e.args[0] != errno.EINTR:  # Python 2 does not go on by itself
                    raise

    def take(self, message, parts):
        if message['op'] == 'files':
            self.bundles[message['digest']] = unpack(parts[0])
        elif message['op'] == 'run':
            self.start(message, parts)
        elif message['op'] == 'kill' and message['id'] in self.jobs:
            os.killpg(self.jobs[message['id']].pid, message['signal'])

    def end(self):
        for child in list(self.jobs.values()) + ([self.spare] if self.spare else []):
            os.killpg(child.pid, signal.SIGKILL)
        for folder in self.folders:
            for name in os.listdir(folder):
                os.remove(folder + '/' + name)
            os.rmdir(folder)


def environment():
    return os.environ if PYTHON2 else os.environb


def execute(server, job, before):
    """Runs a module in its own process, as if Python had just been started for it. Before is the environment till now."""
    env = dict(entry.split(b'=', 1) for entry in job.env.split(b'\0')[:-1])
    if env != before:
        os.environ.clear()
        environment().update(env)
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
    if PYTHON2:
        sys.path_hooks.insert(0, source.below)
    sys.path.insert(0, source.root)
    sys.argv = [source.root]
    from ansible.module_utils import basic
    attribute(server.base.root, source.root)
    loader = sys.modules.get('ansible.module_utils._internal._ansiballz._loader')
    if loader:
        loader.run_module(json_params=job.args, profile='legacy', module_fqn=job.module, modlib_path=source.root, extensions={})
        return
    basic._ANSIBLE_ARGS = job.args
    runpy.run_module(job.module, init_globals={'_module_fqn': job.module, '_modlib_path': source.root}, run_name='__main__', alter_sys=True)
    print('{"msg": "New-style module did not handle its own exit", "failed": true}')
    sys.exit(1)


def attribute(base, own):
    """Has deprecations told as those of the module: ansible-core finds whose they are by the file that calls, in the folder of its own."""
    deprecator = sys.modules.get('ansible.module_utils._internal._deprecator')
    core = getattr(deprecator, '_path_as_core_plugininfo', None)
    if core:
        deprecator._path_as_core_plugininfo = lambda path: core(base + path[len(own):] if path.startswith(own + '/') else path)


# Extension modules of Python's own whose objects leave nothing undone when their process just ends.
HARMLESS = set("""_asyncio _bisect _blake2 _bz2 _contextvars _crypt _csv _ctypes _datetime _decimal _elementtree _hashlib _heapq _json _lsprof
_lzma _md5 _opcode _pickle _posixsubprocess _queue _random _sha1 _sha2 _sha256 _sha3 _sha512 _socket _ssl _statistics _struct _uuid _zoneinfo
array audioop binascii cmath fcntl grp math mmap pyexpat resource select spwd syslog termios unicodedata zlib""".split())


def finalized(kind):
    return any('__del__' in vars(base) for base in kind.__mro__)


def spent(thing, kind):
    """Says of an object that has something to do at its end whether that is nothing any more."""
    import io
    import types
    import weakref
    for generator, frame in ((types.GeneratorType, 'gi_frame'), (types.CoroutineType, 'cr_frame')):
        if kind is generator:
            return getattr(thing, frame) is None
    if kind in (io.FileIO, io.BufferedReader, io.BufferedWriter, io.BufferedRandom, io.TextIOWrapper):
        return thing.closed
    if issubclass(kind, weakref.ref):
        return not isinstance(thing.__callback__, types.FunctionType) or thing.__callback__.__module__ in ('weakref', '_weakrefset')
    # Python would only say, if it was asked to, that these are still open.
    return kind in (io.BytesIO, io.StringIO) or (kind.__module__, kind.__name__) in (('socket', 'socket'), ('subprocess', 'Popen'))


def nothing_left(known):
    """Says whether Python's own end would do nothing with the objects of a module but free memory, which costs more than many a
    module. Known are the names of the modules that were there before it."""
    import importlib.machinery
    import weakref
    for name in set(sys.modules) - known:
        file = getattr(sys.modules[name], '__file__', None)
        if name not in HARMLESS and isinstance(file, str) and file.endswith(tuple(importlib.machinery.EXTENSION_SUFFIXES)):
            return False
    things = gc.get_objects()
    for kind in set(map(type, things)):
        if ('ctypes', 'CDLL') in [(base.__module__, base.__name__) for base in kind.__mro__]:
            return False
        if not finalized(kind) and not issubclass(kind, weakref.ref):
            continue
        for thing in things:
            if type(thing) is kind and not spent(thing, kind):
                return False
    # Objects that are not collected, not seen above therefore: only a class without any attributes has such.
    return not any(isinstance(kind, type) and not kind.__flags__ & 1 << 14 and finalized(kind) for kind in things)


def end(code, known):
    """Ends the process of a module as Python would, in Python's order: threads, what is registered, streams, objects."""
    if not hasattr(gc, 'freeze'):
        sys.exit(code)
    import _thread
    import atexit
    plain = (code is None or type(code) is int and 0 <= code < 256) and not sys.warnoptions
    if plain and not sys.flags.inspect and not sys.flags.dev_mode and not _thread._count():
        try:
            atexit._run_exitfuncs()
        except BaseException:
            pass  # told already
        if streams() and not _thread._count() and not getattr(sys.modules.get('threading'), '_threading_atexits', None) and nothing_left(known):
            os._exit(code or 0)
    sys.exit(code)


def streams():
    """Writes what the streams hold back, and says whether Python's end had nothing else to do with them."""
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except BaseException:
        return False
    return sys.stdout is sys.__stdout__ and sys.stderr is sys.__stderr__


def work(server):
    """The life of a child."""
    code, known, before = None, set(sys.modules), dict(environment())
    message, parts = receive()
    if message is None:
        os._exit(0)
    os.close(3)
    try:
        execute(server, Job(message, parts), before)
    except SystemExit as e:
        code = e.code
    end(code, known)


def main():
    sys.path[:] = [p for p in sys.path if p not in ('', '.')]
    server = Server()
    try:
        server.serve()
        server.end()
        os._exit(0)
    except Leave:
        pass
    work(server)


if __name__ == '__main__':
    main()
