#!/usr/bin/env python3
"""A client that asks what it may do: one question of questions.tsv a line, answered "yes" or with an errno."""
import ctypes, errno, os, platform, resource, signal, socket, stat, struct, sys, time

libc = ctypes.CDLL(None, use_errno=True)
X86 = platform.machine() == "x86_64"
# Numbers of system calls: x86-64, and the table that newer architectures share.
NUMBERS = {
    "bpf": (321, 280), "perf_event_open": (298, 241), "keyctl": (250, 219), "add_key": (248, 217),
    "request_key": (249, 218), "io_uring_setup": (425, 425), "userfaultfd": (323, 282),
    "open_by_handle_at": (304, 265), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "sethostname": (170, 161), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "reboot": (169, 142), "swapon": (167, 224), "init_module": (175, 105), "finit_module": (313, 273),
    "kexec_load": (246, 104), "syslog": (103, 116), "acct": (163, 89), "quotactl": (179, 60),
    "capset": (126, 91), "setuid": (105, 146), "setgid": (106, 144), "setgroups": (116, 159),
    "setns": (308, 268), "unshare": (272, 97), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "kcmp": (312, 272), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "fanotify_init": (300, 262),
    "move_mount": (429, 429), "fsopen": (430, 430), "iopl": (172, -1), "mknodat": (259, 33),
}
CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x20000, 0x10000000, 0x20000000, 0x40000000
AT_FDCWD = -100


def told(result):
    return "yes" if result >= 0 else errno.errorcode.get(ctypes.get_errno(), "?")


def call(name, *arguments):
    number = NUMBERS[name][0 if X86 else 1]
    ctypes.set_errno(0)
    return told(libc.syscall(number, *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]))


def attempt(function):
    try:
        function()
        return "yes"
    except OSError as problem:
        return errno.errorcode.get(problem.errno, "?")


def reads(path):
    return attempt(lambda: os.read(os.open(path, os.O_RDONLY | os.O_NONBLOCK), 1))


def writes(path):  # opens it only: what is there stays as it is
    return attempt(lambda: os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK)))


def creates(path):
    return attempt(lambda: os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)))


def lists(path):
    try:
        return ",".join(sorted(os.listdir(path))) or "nothing"
    except OSError as problem:
        return errno.errorcode.get(problem.errno, "?")


def made(family, kind=socket.SOCK_STREAM, protocol=0):
    return attempt(lambda: socket.socket(family, kind, protocol).close())


def connects(address, family=socket.AF_UNIX, kind=socket.SOCK_STREAM):
    def go():
        with socket.socket(family, kind) as one:
            one.settimeout(5)
            one.connect(address)
    return attempt(go)


def kills(pid, number=0):
    return attempt(lambda: os.kill(pid, number))


def status(name):
    for line in open("/proc/self/status"):
        if line.startswith(name + ":"):
            return line.split()[1]


def child(function):  # the answer of a forked copy
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(into, str(function()).encode())
        finally:
            os._exit(0)
    os.close(into)
    text = b""
    while piece := os.read(out, 4096):
        text += piece
    os.close(out)
    os.waitpid(pid, 0)
    return text.decode() or "nothing"


def own_namespace(function, more=0):  # as root of a user namespace that it makes
    def go():
        uid, gid = os.getuid(), os.getgid()
        answer = call("unshare", CLONE_NEWUSER | CLONE_NEWNS | more)
        if answer != "yes":
            return answer
        open("/proc/self/setgroups", "w").write("deny")
        open("/proc/self/uid_map", "w").write(f"0 {uid} 1")
        open("/proc/self/gid_map", "w").write(f"0 {gid} 1")
        return child(function) if more & CLONE_NEWPID else function()
    return child(go)


def mounts(source, target, kind, flags=0, data=None):
    return call("mount", source.encode(), target.encode(), kind.encode() if kind else None, flags,
                data.encode() if data else None)


def traces_child():
    pid = os.fork()
    if pid == 0:
        time.sleep(30)
        os._exit(0)
    answer = call("ptrace", 16, pid, 0, 0)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return answer


def raises(what):
    soft, hard = resource.getrlimit(what)
    try:
        resource.setrlimit(what, (soft, hard + 1 if hard != resource.RLIM_INFINITY else hard))
        return "yes" if hard != resource.RLIM_INFINITY else "unlimited"
    except ValueError:
        return "EPERM"


def tty_of_nobody():
    return attempt(lambda: os.close(os.open("/dev/tty", os.O_RDWR)))


def others():  # processes that it sees beside itself and its init
    return ",".join(sorted(p for p in os.listdir("/proc") if p.isdigit() and p not in ("1", str(os.getpid())))) or "nobody"


def ask():  # one chat, as every client has it: a run begins with one
    import urllib.request
    body = b'{"model": "m", "stream": true, "messages": [{"role": "user", "content": "ping"}]}'
    head = {"Authorization": "Bearer " + os.environ["KEY"], "Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(os.environ["URL"] + "/v1/chat/completions", body, head)).read()


ask()
OUTSIDE = os.environ["OUTSIDE"]  # the folder of the client, with a socket and a FIFO of the machine in it
print("pid", os.getpid())
for line in open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "questions.tsv")):
    if line.strip() and not line.startswith("#"):
        question = line.rstrip("\n").split("\t")[1]
        try:
            answer = eval(question)
        except Exception as problem:
            answer = "failed: " + repr(problem)
        print(f"{question}\t{answer}", flush=True)
