"""The Python wheels: bindings/python with the tree for Linux on x86-64, and without it for the platforms that have no build."""
import base64
import hashlib
import os
import zipfile

import archive
from product import NAME, ROOT, SUMMARY, VERSION

MODULE = NAME.replace("-", "_")
METADATA = f"""Metadata-Version: 2.1
Name: {NAME}
Version: {VERSION}
Summary: {SUMMARY[0].upper() + SUMMARY[1:]}
License: Apache-2.0
Requires-Python: >=3.8
Classifier: Framework :: Pytest
Classifier: License :: OSI Approved :: Apache Software License
Description-Content-Type: text/markdown

"""
ENTRY_POINTS = """[console_scripts]
assay = assay.__main__:main

[pytest11]
assay = assay.pytest_plugin
"""


def _wheel(tag, folders, out, when):
    path = os.path.join(out, f"{MODULE}-{VERSION}-{tag}.whl")
    information = f"{MODULE}-{VERSION}.dist-info"
    with open(os.path.join(ROOT, "bindings/python/README.md"), encoding="utf-8") as file:
        readme = file.read()
    with open(os.path.join(ROOT, "LICENSE"), "rb") as file:
        licence = file.read()
    pure = "true" if tag.endswith("-any") else "false"
    record = []
    with zipfile.ZipFile(path, "w") as wheel:

        def add(name, content, mode=0o644):
            archive.zip_add(wheel, name, content, when, mode)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={digest},{len(content)}")

        for folder, prefix in folders:
            for below, full in archive.files_of(folder):
                if os.path.isfile(full) and "__pycache__" not in below:
                    with open(full, "rb") as file:
                        add(f"{prefix}/{below}", file.read(), archive.mode_of(full))
        add(f"{information}/METADATA", (METADATA + readme).encode())
        add(f"{information}/WHEEL", f"Wheel-Version: 1.0\nGenerator: ci/package\nRoot-Is-Purelib: {pure}\nTag: {tag}\n".encode())
        add(f"{information}/entry_points.txt", ENTRY_POINTS.encode())
        add(f"{information}/LICENSE", licence)
        record.append(f"{information}/RECORD,,")
        archive.zip_add(wheel, f"{information}/RECORD", "\n".join(record) + "\n", when)
    return path


def make(tree, out, when):
    """Writes both wheels into the folder `out`; their paths."""
    module = os.path.join(ROOT, "bindings/python/assay")
    return [_wheel("py3-none-manylinux_2_36_x86_64", [(module, "assay"), (tree, "assay/tree")], out, when),
            _wheel("py3-none-any", [(module, "assay")], out, when)]
