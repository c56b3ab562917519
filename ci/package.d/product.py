"""What is packaged: name, version and time, each from its one place."""
import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SUMMARY = "test clients of LLM providers against fake providers that inject faults"
# Whoever publishes says who they are; there is no such mailbox.
MAINTAINER = os.environ.get("ASSAY_MAINTAINER", "assay maintainers <maintainers@assay.invalid>")


def _from_cmake(pattern):
    with open(os.path.join(ROOT, "CMakeLists.txt"), encoding="utf-8") as file:
        return re.search(pattern, file.read())[1]


VERSION = _from_cmake(r"project\(assay VERSION ([0-9.]+)")
NAME = _from_cmake(r'set\(ASSAY_PUBLISHED_NAME "([a-z0-9-]+)"\)')


def epoch():
    """The time that every file of a package bears: SOURCE_DATE_EPOCH, else that of the last commit."""
    if "SOURCE_DATE_EPOCH" in os.environ:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    return int(subprocess.check_output(["git", "-C", ROOT, "log", "-1", "--format=%ct"], text=True))
