"""The npm packages: one with the command and the helpers for test suites, and one for each platform with a build, which npm installs where it fits."""
import json
import os
import shutil

import archive
from product import NAME, ROOT, SUMMARY, VERSION

PLATFORM = f"{NAME}-linux-x64"


def _pack(folder, name, out, when):
    path = os.path.join(out, f"{name}-{VERSION}.tgz")
    archive.tar_gz(folder, "package", path, when, with_folders=False)
    return path


def _manifest(folder, **more):
    common = {"version": VERSION, "description": SUMMARY[0].upper() + SUMMARY[1:], "license": "Apache-2.0"}
    with open(os.path.join(folder, "package.json"), "w", encoding="utf-8") as file:
        json.dump({"name": more.pop("name"), **common, **more}, file, indent=2)
        file.write("\n")


def make(tree, out, scratch, when):
    """Writes both .tgz files into the folder `out`; their paths."""
    main, platform = os.path.join(scratch, "npm"), os.path.join(scratch, "npm-platform")
    for folder in (main, platform):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(tree, platform, symlinks=True)
    shutil.copyfile(os.path.join(ROOT, "LICENSE"), os.path.join(platform, "LICENSE"))
    _manifest(platform, name=PLATFORM, os=["linux"], cpu=["x64"], libc=["glibc"], preferUnplugged=True)
    shutil.copytree(os.path.join(ROOT, "bindings/js"), main, ignore=shutil.ignore_patterns("example", "package.json"))
    shutil.copyfile(os.path.join(ROOT, "LICENSE"), os.path.join(main, "LICENSE"))
    with open(os.path.join(ROOT, "bindings/js/package.json"), encoding="utf-8") as file:
        kept = json.load(file)
    _manifest(main, name=NAME, type="module", bin={"assay": "bin/assay.js"}, exports=kept["exports"], engines=kept["engines"],
              assayPlatforms={"linux-x64": PLATFORM}, optionalDependencies={PLATFORM: VERSION})
    os.chmod(os.path.join(main, "bin/assay.js"), 0o755)
    return [_pack(main, NAME, out, when), _pack(platform, PLATFORM, out, when)]
