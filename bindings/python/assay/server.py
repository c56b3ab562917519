"""The `assay serve` that worlds are made at: the one that ASSAY_ADMIN_URL names, else one that is started here."""
import os
import shutil
import subprocess
import sys


def program():
    """The path of assay: ASSAY_PROGRAM, the one in this package, or the one on PATH; None where there is none."""
    if os.environ.get("ASSAY_PROGRAM"):
        return os.environ["ASSAY_PROGRAM"]
    packaged = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tree", "bin", "assay")
    return packaged if os.path.exists(packaged) else shutil.which("assay")


def no_program():
    """One line: what to do on a platform that has no build."""
    return (f"assay: this package has no program for {sys.platform}; run it on Linux x86-64 with glibc 2.36 or newer "
            "(in a container too), or set ASSAY_PROGRAM or ASSAY_ADMIN_URL")


class Server:
    """A running `assay serve`; close() ends it if it was started here."""

    def __init__(self, provider="worldrouter"):
        self._process = None
        self.token = os.environ.get("ASSAY_ADMIN_TOKEN")
        self.url = os.environ.get("ASSAY_ADMIN_URL")
        if self.url:
            return
        path = program()
        if path is None:
            raise RuntimeError(no_program())
        self._process = subprocess.Popen([path, "serve", "--quiet", "--end-with-stdin", "--provider", provider], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in self._process.stdout:
            if line.startswith("export ASSAY_ADMIN_URL="):
                self.url = line.strip().split("=", 1)[1]
                return
        raise RuntimeError(self._process.stderr.read().strip() or "assay serve ended at its start")

    def close(self):
        if self._process is not None:
            self._process.terminate()
            self._process.communicate()
