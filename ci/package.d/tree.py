"""The tree that all packages are made from: bin/, lib/assay with the libraries it needs, share/. It runs wherever it lies."""
import glob
import os
import re
import shutil
import subprocess

import archive
from product import ROOT

# These are the C library's own, and belong to the machine.
OF_THE_MACHINE = re.compile(r"^(linux-vdso|ld-linux.*|libc|libm|libdl|librt|libpthread|libresolv)\.so")
GLIBC = (2, 36)


class Bundled:
    """One library of the tree, and the Debian package that it comes from."""

    def __init__(self, name, package, version):
        self.name, self.package, self.version = name, package, version


def _owner(path):
    for candidate in (path, re.sub(r"^/usr", "", path), "/usr" + path):
        done = subprocess.run(["dpkg-query", "-S", candidate], capture_output=True, text=True)
        if done.returncode == 0:
            package = done.stdout.split(":")[0]
            version = subprocess.check_output(["dpkg-query", "-W", "-f", "${Version}\n", package], text=True).split()[0]
            return package, version
    raise SystemExit(f"ci/package: no Debian package owns {path}")


def _needed(program):
    """name -> path of the shared libraries that the loader gives to `program`."""
    done = subprocess.run(["ldd", program], capture_output=True, text=True)
    missing = re.findall(r"(\S+) => not found", done.stdout)
    if missing:
        raise SystemExit(f"ci/package: {program} misses {', '.join(missing)}")
    return dict(re.findall(r"(\S+) => (/\S+)", done.stdout))


def _is_elf(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def programs_of(tree):
    """All ELF files."""
    return [full for _, full in archive.files_of(tree) if os.path.isfile(full) and not os.path.islink(full) and _is_elf(full)]


def _remove_strays(tree):
    """What lies in the source folders but is no part of the project: caches, builds of adapters."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True)
    if listed.returncode != 0:
        return
    known = set(listed.stdout.decode().split("\0"))
    data = os.path.join(tree, "share/assay")
    for path, full in archive.files_of(data):
        if not os.path.isdir(full) and path not in known:
            os.remove(full)
    for place, _, _ in os.walk(data, topdown=False):
        if not os.listdir(place):
            os.rmdir(place)


def _write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


def make(build, tree, when):
    """Installs `build` into `tree`; the bundled libraries."""
    shutil.rmtree(tree, ignore_errors=True)
    subprocess.run(["cmake", "--install", build, "--component", "programs", "--prefix", tree, "--strip"], check=True,
                   stdout=subprocess.DEVNULL)
    _remove_strays(tree)
    bundled, needed = {}, {}
    for program in programs_of(tree):
        needed.update(_needed(program))
    for name, path in sorted(needed.items()):
        if OF_THE_MACHINE.match(name):
            continue
        # Under the name that is asked for, and no link: npm's archives have none.
        shutil.copyfile(os.path.realpath(path), os.path.join(tree, "lib/assay", name))
        package, version = _owner(os.path.realpath(path))
        bundled[name] = Bundled(name, package, version)
        shutil.copyfile(f"/usr/share/doc/{package}/copyright", _made(tree, f"share/doc/assay/third-party/{package}.copyright"))
    for name in ("LICENSE", "CHANGELOG.md", "README.md"):
        shutil.copyfile(os.path.join(ROOT, name), _made(tree, f"share/doc/assay/{name}"))
    for form, path in (("man", "share/man/man1/assay.1"), ("bash", "share/bash-completion/completions/assay"),
                       ("zsh", "share/zsh/site-functions/_assay"), ("fish", "share/fish/vendor_completions.d/assay.fish")):
        _write(os.path.join(tree, path), subprocess.check_output([os.path.join(tree, "bin/assay"), "completion", form]))
    for _, full in archive.files_of(tree):
        os.chmod(full, 0o644 if full.endswith(tuple(bundled)) else archive.mode_of(full))
        os.utime(full, (when, when))
    _check(tree, build)
    return sorted(bundled.values(), key=lambda one: one.name)


def _made(tree, path):
    full = os.path.join(tree, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    return full


def _check(tree, build):
    """Nothing names a source or build folder, and no newer C library is needed than is said."""
    for path, full in archive.files_of(tree):
        if os.path.isdir(full):
            continue
        with open(full, "rb") as file:
            content = file.read()
        for folder in (ROOT, os.path.abspath(build)):
            if folder.encode() + b"/" in content:
                raise SystemExit(f"ci/package: {path} names the folder {folder}")
    for program in programs_of(tree):
        versions = re.findall(r"\bGLIBC_([0-9.]+)", subprocess.check_output(["objdump", "-p", program], text=True))
        newest = max((tuple(map(int, version.split("."))) for version in versions), default=(2,))
        if newest > GLIBC:
            raise SystemExit(f"ci/package: {program} needs glibc {newest}")
        # What a library needs is found through the program that loads it.
        for name, path in ({} if ".so" in os.path.basename(program) else _needed(program)).items():
            if not OF_THE_MACHINE.match(name) and not os.path.realpath(path).startswith(os.path.realpath(tree) + "/"):
                raise SystemExit(f"ci/package: {program} finds {name} at {path}, not in the tree")
