#!/usr/bin/env python3
"""Holds the schemas against every shipped file (accepted) and against wrong.yaml (refused, by assay too), with Python's jsonschema.

usage: schemas_test.py SOURCE ASSAY     (exit 77: jsonschema or PyYAML is not installed)
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

try:
    import jsonschema
    import yaml
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

SHIPPED = {"case": "conformance/cases/**/*.yaml", "client": "conformance/clients/*.yaml", "provider": "conformance/providers/*.yaml", "account": "conformance/logins/*.yaml",
           "check": "probe/checks/*.yaml", "fixture": "fixtures/**/*.json"}
# What a case of one's own is played with, so that the reader sees the file; {} is the file.
READ = {
    "case": ["list", "cases", "{}"],
    "client": ["list", "cases", "any/chat/answers", "--client", "{}"],
    "world": ["serve", "--print", "none", "--world", "{}", "--", "true"],
    "known-failures": ["run", "any/chat/answers", "--dry-run", "--known", "{}"],
    "assay": ["run", "any/chat/answers", "--dry-run"],  # of the folder where it runs
    "provider": ["serve", "--print", "none", "--provider", "{}", "--", "true"],
    "check": ["probe", "--list"],  # of the data folder
}


def data_with(source, folder, checks):
    """A data folder that is the shipped one but for its checks: those are in the folder `checks`."""
    for name in os.listdir(source):
        if name != "probe":
            os.symlink(os.path.join(source, name), os.path.join(folder, name))
    os.mkdir(os.path.join(folder, "probe"))
    for name in os.listdir(os.path.join(source, "probe")):
        os.symlink(checks if name == "checks" else os.path.join(source, "probe", name), os.path.join(folder, "probe", name))


class Yaml12(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """PyYAML with the words of YAML 1.2's core schema: `no` and a date are strings."""


Yaml12.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()}
Yaml12.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))


def main():
    source, assay = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    problems, files, refused, beyond = [], 0, 0, []
    made = subprocess.run([sys.executable, os.path.join(source, "schemas/make.py"), "--check"], capture_output=True, text=True)
    if made.returncode != 0:
        problems.append(made.stdout.strip())

    def validator(name):
        path = "fixtures/schema/fixture-1.schema.json" if name == "fixture" else f"schemas/{name}.schema.json"
        with open(os.path.join(source, path), encoding="utf-8") as file:
            schema = json.load(file)
        kind = jsonschema.validators.validator_for(schema)
        kind.check_schema(schema)
        return kind(schema)

    for name, pattern in SHIPPED.items():
        one = validator(name)
        for path in sorted(glob.glob(os.path.join(source, pattern), recursive=True)):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            if name == "fixture" and '"assay_fixture": 1' not in text:
                continue
            files += 1
            value = json.loads(text) if name == "fixture" else yaml.load(text, Yaml12)
            for error in [] if one.is_valid(value) else one.iter_errors(value):
                problems.append(f"{os.path.relpath(path, source)}: /{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
            line = re.search(r"^# yaml-language-server: \$schema=(\S+)$", text, re.M)
            if name != "fixture" and (not line or not os.path.samefile(os.path.join(os.path.dirname(path), line[1]), os.path.join(source, f"schemas/{name}.schema.json"))):
                problems.append(f"{os.path.relpath(path, source)}: no yaml-language-server line that leads to schemas/{name}.schema.json")

    with open(os.path.join(source, "schemas/wrong.yaml"), encoding="utf-8") as file:
        wrong = yaml.load(file, Yaml12)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as own_data:
        data_with(source, own_data, folder)
        shipped = os.path.join(source, "probe/checks/whole.yaml")
        shutil.copy(shipped, folder)
        listed = subprocess.run([assay, *READ["check"]], env={"PATH": os.environ["PATH"], "HOME": folder, "ASSAY_DATA": own_data}, capture_output=True, text=True, timeout=120)
        if listed.returncode != 0 or "whole/shape" not in listed.stdout:  # else every wrong check would be refused for its folder
            problems.append(f"{shipped} alone: assay ends with {listed.returncode}: {listed.stderr[-300:]}")
        os.remove(os.path.join(folder, "whole.yaml"))
        for name, entries in wrong.items():
            one = validator(name)
            environment = {"PATH": os.environ["PATH"], "HOME": folder, "ASSAY_DATA": own_data if name == "check" else source}
            for number, entry in enumerate(entries):
                path = os.path.join(folder, "assay.yaml" if name == "assay" else f"{name}-{number}.yaml")
                with open(path, "w", encoding="utf-8") as file:
                    json.dump(entry["file"], file)
                done = subprocess.run([assay, *(word.replace("{}", path) for word in READ[name])], cwd=folder, env=environment,
                                      capture_output=True, text=True, timeout=120)
                if done.returncode != 2:
                    problems.append(f"wrong.yaml: {name}: {entry['why']}: assay ends with {done.returncode}, expected 2: {done.stderr[-300:]}")
                os.remove(path)
                by_schema = not one.is_valid(entry["file"])
                if "schema" in entry:
                    beyond.append(f"{name}: {entry['why']}: {entry['schema']}")
                    if by_schema:
                        problems.append(f"wrong.yaml: {name}: {entry['why']}: the schema refuses it after all")
                elif not by_schema:
                    problems.append(f"wrong.yaml: {name}: {entry['why']}: the schema accepts it")
                refused += 1
    for text in beyond:
        print(f"beyond a schema  {text}")
    for problem in problems:
        print(problem)
    print(f"{files} shipped files accepted, {refused} wrong files refused ({len(beyond)} by assay alone), {len(problems)} problems")
    return 1 if problems or files == 0 or refused == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
