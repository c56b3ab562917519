"""The root file system of an image (FROM scratch, ADD this): the tree in /usr/local, the C library of the build machine, and a shell by busybox.

Left out, with a line that says so, where busybox-static is not installed: a root without a shell plays no case.
"""
import os
import re
import shutil
import struct
import subprocess
import sys

import archive
import product
import tree as trees

BUSYBOX = "/bin/busybox"


def _is_static(path):
    """Whether an ELF file names no interpreter (ELF-64 program header of type PT_INTERP)."""
    with open(path, "rb") as file:
        head = file.read(64)
        if head[:4] != b"\x7fELF":
            return False
        offset, = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        file.seek(offset)
        return all(struct.unpack_from("<I", file.read(size))[0] != 3 for _ in range(count))


def _c_library(program):
    """Path -> real file of what the machine's C library gives to `program`, the loader too."""
    done = subprocess.run(["ldd", program], capture_output=True, text=True, check=True)
    found = re.findall(r"(?:=> )?(/\S+) \(0x", done.stdout)
    return {path: os.path.realpath(path) for path in found if trees.OF_THE_MACHINE.match(os.path.basename(path))}


def make(tree, out, scratch, when):
    if not os.path.exists(BUSYBOX) or not _is_static(BUSYBOX):
        print("rootfs: left out: /bin/busybox is not static (apt-get install busybox-static)", file=sys.stderr)
        return []
    root = os.path.join(scratch, "rootfs")
    shutil.copytree(tree, os.path.join(root, "usr/local"), symlinks=True)
    for folder in ("dev", "etc", "proc", "root", "run", "sys", "tmp", "usr/bin", "usr/lib64", "var/tmp"):
        os.makedirs(os.path.join(root, folder), exist_ok=True)
    for link, target in (("bin", "usr/bin"), ("sbin", "usr/bin"), ("lib", "usr/lib"), ("lib64", "usr/lib64")):
        os.symlink(target, os.path.join(root, link))
    for path, real in _c_library(os.path.join(tree, "bin/assay")).items():
        # /lib is a link in the image as on the machine.
        place = os.path.join(root, re.sub(r"^/(lib|lib64)/", r"/usr/\1/", path).lstrip("/"))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        shutil.copyfile(real, place)
        os.chmod(place, 0o755)
    shutil.copyfile(BUSYBOX, os.path.join(root, "usr/bin/busybox"))
    os.chmod(os.path.join(root, "usr/bin/busybox"), 0o755)
    for applet in subprocess.check_output([BUSYBOX, "--list"], text=True).split():
        if applet != "busybox":
            os.symlink("busybox", os.path.join(root, "usr/bin", applet))
    for name, text in {"passwd": "root:x:0:0:root:/root:/bin/sh\nassay:x:10001:10001::/tmp:/bin/sh\n", "group": "root:x:0:\nassay:x:10001:\n",
                       "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n", "hosts": "127.0.0.1 localhost\n::1 localhost\n"}.items():
        with open(os.path.join(root, "etc", name), "w", encoding="utf-8") as file:
            file.write(text)
    if os.path.exists("/etc/ssl/certs/ca-certificates.crt"):
        os.makedirs(os.path.join(root, "etc/ssl/certs"))
        shutil.copyfile("/etc/ssl/certs/ca-certificates.crt", os.path.join(root, "etc/ssl/certs/ca-certificates.crt"))
    packed = os.path.join(out, f"{product.NAME}-{product.VERSION}-linux-x86_64-rootfs.tar.gz")
    archive.tar_gz(root, ".", packed, when)
    return [packed]
