"""The Debian package: the tree below /usr."""
import os
import re
import shutil
import subprocess
import textwrap
import time

import archive
from product import MAINTAINER, NAME, ROOT, SUMMARY, VERSION

CONTROL = """Package: {name}
Version: {version}
Architecture: amd64
Maintainer: {maintainer}
Installed-Size: {size}
Depends: libc6 (>= 2.36)
Recommends: libfaketime
Section: devel
Priority: optional
Description: {summary}
 assay runs fake LLM providers on loopback that replay recorded traffic byte
 for byte and inject faults, drives a real client through OAuth login, key
 exchange, model discovery and streaming chat, and reports which requirements
 the client meets.
"""
COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: assay

Files: *
Copyright: 2026 the contributors of assay
License: Apache-2.0
 On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.

Files: usr/lib/assay/lib*
Copyright: 2026 and earlier, the authors named in /usr/share/doc/{name}/third-party
License: as-named
 Each library is a copy of Debian's, under the licence that
 /usr/share/doc/{name}/third-party has for its package: {packages}.
"""
# Of each tag: why it is right here.
OVERRIDES = """# One package installs on several releases, whose libraries have different names: it brings its own.
{name}: embedded-library
{name}: custom-library-search-path
{name}: shared-library-lacks-prerequisites
# Copies of Debian's libraries, as Debian built them.
{name}: hardening-no-fortify-functions
{name}: hardening-no-bindnow
# A program that must work without any shared library: case time is checked with it.
{name}: statically-linked-binary
# The name of a browser that `opener` stands in for; it is never executed.
{name}: missing-depends-on-sensible-utils
# Examples, in the language of those who have it.
{name}: python3-script-but-no-python3-dep
# Published without a mailbox; set ASSAY_MAINTAINER.
{name}: bogus-mail-host
"""


def _changelog(when):
    """CHANGELOG.md in Debian's form."""
    with open(os.path.join(ROOT, "CHANGELOG.md"), encoding="utf-8") as file:
        parts = re.split(r"^## ([0-9.]+).*$", file.read(), flags=re.M)[1:]
    date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(when))
    out = ""
    for version, text in zip(parts[::2], parts[1::2]):
        out += f"{NAME} ({version}) unstable; urgency=medium\n\n"
        for line in text.splitlines():
            if line.startswith("- "):
                out += textwrap.fill(line[2:], 76, initial_indent="  * ", subsequent_indent="    ") + "\n"
        out += f"\n -- {MAINTAINER}  {date}\n\n"
    return out


def make(tree, bundled, out, scratch, when):
    """Writes the .deb into the folder `out`; its path."""
    root = os.path.join(scratch, "deb")
    shutil.rmtree(root, ignore_errors=True)
    usr = os.path.join(root, "usr")
    shutil.copytree(tree, usr, symlinks=True)
    doc = os.path.join(usr, "share/doc", NAME)
    if NAME != "assay":
        os.rename(os.path.join(usr, "share/doc/assay"), doc)
    for name in ("LICENSE", "CHANGELOG.md"):
        os.remove(os.path.join(doc, name))
    # Debian's place for what the system brings.
    os.renames(os.path.join(usr, "share/zsh/site-functions/_assay"), os.path.join(usr, "share/zsh/vendor-completions/_assay"))
    manual = os.path.join(usr, "share/man/man1/assay.1")
    with open(manual, encoding="utf-8") as file:
        page = archive.gz(file.read(), 0)
    os.remove(manual)
    files = {
        f"{usr}/share/man/man1/assay.1.gz": page,
        f"{usr}/share/man/man1/assay-mutant.1.gz": archive.gz(".so man1/assay.1\n", 0),
        f"{doc}/changelog.gz": archive.gz(_changelog(when), 0),
        f"{doc}/copyright": COPYRIGHT.format(name=NAME, packages=", ".join(sorted({one.package for one in bundled}))).encode(),
        f"{usr}/share/lintian/overrides/{NAME}": OVERRIDES.format(name=NAME).encode(),
    }
    for path, content in files.items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
    for name in ("docs", "examples"):
        os.symlink(f"../../assay/{name}", os.path.join(doc, name))
    size, sums = 0, ""
    for path, full in archive.files_of(root):
        if os.path.islink(full) or os.path.isdir(full):
            size += 1
            continue
        size += (os.path.getsize(full) + 1023) // 1024
        sums += f"{subprocess.check_output(['md5sum', full], text=True).split()[0]}  {path}\n"
    control = os.path.join(root, "DEBIAN")
    os.makedirs(control)
    with open(os.path.join(control, "control"), "w", encoding="utf-8") as file:
        file.write(CONTROL.format(name=NAME, version=VERSION, maintainer=MAINTAINER, size=size, summary=SUMMARY))
    with open(os.path.join(control, "md5sums"), "w", encoding="utf-8") as file:
        file.write(sums)
    for _, full in archive.files_of(root):
        if not os.path.islink(full):
            os.chmod(full, archive.mode_of(full))
        os.utime(full, (when, when), follow_symlinks=False)
    os.chmod(root, 0o755)
    os.utime(root, (when, when))
    path = os.path.join(out, f"{NAME}_{VERSION}_amd64.deb")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Zxz", "--build", root, path], check=True, stdout=subprocess.DEVNULL,
                   env={**os.environ, "SOURCE_DATE_EPOCH": str(when)})
    return path
