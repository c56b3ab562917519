"""Makes every package from a finished build: main.py BUILD OUT; with a third word, `tree`, nothing but the tree."""
import hashlib
import os
import shutil
import sys

import archive
import deb
import npm
import product
import rootfs
import sbom
import tree
import wheel


def main():
    build, out = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    when = product.epoch()
    shutil.rmtree(out, ignore_errors=True)
    scratch = os.path.join(out, "scratch")
    os.makedirs(scratch)
    root = os.path.join(out, "tree")
    bundled = tree.make(build, root, when)
    if sys.argv[3:] == ["tree"]:
        return
    name = f"{product.NAME}-{product.VERSION}-linux-x86_64"
    tarball = os.path.join(out, name + ".tar.gz")
    archive.tar_gz(root, name, tarball, when)
    made = [tarball, deb.make(root, bundled, out, scratch, when), *npm.make(root, out, scratch, when), *wheel.make(root, out, when),
            sbom.make(root, bundled, out, when), *rootfs.make(root, out, scratch, when)]
    shutil.rmtree(scratch)
    with open(os.path.join(out, "SHA256SUMS"), "w", encoding="utf-8") as sums:
        for path in sorted(made):
            with open(path, "rb") as file:
                sums.write(f"{hashlib.sha256(file.read()).hexdigest()}  {os.path.basename(path)}\n")
            print(f"{os.path.getsize(path):10}  {os.path.relpath(path)}")


if __name__ == "__main__":
    main()
