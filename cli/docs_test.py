#!/usr/bin/env python3
"""Runs every command of README.md and docs/*.md as it stands there.

usage: docs_test.py SOURCE ASSAY [PAGE...]

A fenced block says what it is: `sh` has commands, `console` has commands after "$ " and what they print, `text` and
other languages have none. A comment in the line before a block says how it is run:

  <!-- file: NAME -->       the block is the content of a file; the commands of all pages find it
  <!-- exit: N -->          its commands exit with N instead of 0
  <!-- until: TEXT -->      its last command serves: it is interrupted once it prints TEXT
  <!-- not run: REASON -->  it is not run here; the test lists it with the reason

Of a command in the text (`assay VERB --option`) the verb and the options must exist. Each page gets a scratch folder with
`assay` on PATH and links to the folders of the source tree that it names. Where the machine allows it, everything runs in
a network namespace of its own, so that fixed ports are free.
"""
import concurrent.futures
import fcntl
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

LIMIT = 120  # seconds for one block
MARK = re.compile(r"^<!-- (file|exit|until|not run): (.*) -->$")
# What a reader has of their own; {assay} is the program, for clients get another PATH.
GIVEN = {
    "my-adapter": "#!/bin/sh\nexec {assay} client adapter\n",
    "my-adapter.py": 'import os\nos.execv("{assay}", ["assay", "client", "adapter"])\n',
}


class Block:
    def __init__(self, page, line, language, marks):
        self.page, self.line, self.language, self.marks, self.lines = page, line, language, marks, []

    def commands(self):
        if self.language == "console":
            return [line[2:] for line in self.lines if line.startswith("$ ")]
        if self.language == "sh":
            return [line for line in self.lines if line.strip()]
        return []


def blocks_of(source, page):
    """The fenced blocks of a page; a block without a language is a problem."""
    blocks, problems, spans, marks, block = [], [], [], {}, None
    with open(os.path.join(source, page), encoding="utf-8") as file:
        for number, line in enumerate(file.read().split("\n"), 1):
            if block is not None:
                if line.startswith("```"):
                    blocks.append(block)
                    block, marks = None, {}
                else:
                    block.lines.append(line)
            elif line.startswith("```"):
                if line == "```":
                    problems.append(f"{page}:{number}: a block without a language: sh, console, text, …")
                block = Block(page, number, line[3:], marks)
            elif match := MARK.match(line):
                marks[match[1]] = match[2]
            else:
                if marks and line.strip():
                    problems.append(f"{page}:{number}: a comment for a block that does not follow")
                    marks = {}
                spans += [(number, span) for span in re.findall(r"`(assay [^`]+)`", line)]
    return blocks, problems, spans


def run_block(block, folder, environment):
    """Nothing when the block does what it says, else the problem."""
    commands = block.commands()
    wanted, until = int(block.marks.get("exit", 0)), block.marks.get("until")
    script = "\n".join(["set -e"] + commands)
    began = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(["bash", "-c", script], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        text, served = "", False
        while process.poll() is None and time.monotonic() - began < LIMIT:
            time.sleep(0.05)
            output.seek(0)
            text = output.read().decode(errors="replace")
            if until and until in text:
                served = True
                break
        late = process.poll() is None and not served
        if process.poll() is None or block.lines and any(line.rstrip().endswith("&") for line in commands):
            try:
                os.killpg(process.pid, signal.SIGTERM if served else signal.SIGKILL)
            except ProcessLookupError:
                pass
        process.wait()
        output.seek(0)
        text = output.read().decode(errors="replace")
    took = time.monotonic() - began
    where = f"{block.page}:{block.line}"
    print(f"{'ran':8}{where:28}{took:5.1f} s  {commands[0][:80]}", flush=True)
    end = "\n    ".join(text.rstrip().split("\n")[-15:])
    if late:
        return f"{where}: not over after {LIMIT} s\n    {end}"
    if until:
        return None if served else f"{where}: did not print {until!r}\n    {end}"
    if process.returncode != wanted:
        return f"{where}: exit {process.returncode}, expected {wanted}\n    {end}"
    return None


def options_exist(spans, environment):
    """Of commands in the text: verbs and options that --help does not know."""
    helps, problems = {}, []

    def help_of(verb):
        if verb not in helps:
            done = subprocess.run(["assay", *verb, "--help"], capture_output=True, text=True, env=environment)
            helps[verb] = done.stdout if done.returncode == 0 else None
        return helps[verb]

    for page, number, span in spans:
        words = span.replace("\\|", "|").split(" -- ")[0].split()[1:]
        for verb in words[0].split("|"):
            path = (verb,)
            if not re.fullmatch(r"[a-z-]+", verb):
                continue
            if help_of(path) is None:
                problems.append(f"{page}:{number}: `{span}`: there is no assay {verb}")
                continue
            for below in words[1].split("|") if len(words) > 1 and re.fullmatch(r"[a-z][a-z|-]*", words[1]) else []:
                if help_of((verb, below)) is not None:
                    path = (verb, below)
            for option in re.findall(r"(?<!\S)\[?(--[a-z-]+)", " ".join(words)):
                if option not in help_of(path):
                    problems.append(f"{page}:{number}: `{span}`: assay {' '.join(path)} has no {option}")
    return problems


def own_network():
    """Starts this program again in a network namespace with loopback up, where that is allowed."""
    if os.environ.get("ASSAY_DOCS_TEST_NETWORK"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            name = struct.pack("16sH", b"lo", 1 | 0x40)  # IFF_UP | IFF_RUNNING
            fcntl.ioctl(control, 0x8914, name)  # SIOCSIFFLAGS
        return
    if subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode == 0:
        environment = dict(os.environ, ASSAY_DOCS_TEST_NETWORK="1")
        os.execvpe("unshare", ["unshare", "-rn", sys.executable, *sys.argv], environment)


def run_page(source, page, blocks, files, folder, environment):
    os.makedirs(folder)
    for name in ("bench", "ci", "conformance", "examples", "fixtures"):
        os.symlink(os.path.join(source, name), os.path.join(folder, name))
    for name, text in files.items():
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755)
    return [problem for block in blocks if (problem := run_block(block, folder, environment))]


def main():
    source, assay = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    own_network()
    pages = sys.argv[3:] or ["README.md"] + sorted(
        f"docs/{name}" for name in os.listdir(os.path.join(source, "docs")) if name.endswith(".md"))
    problems, spans, runs, told = [], [], {}, set()
    files = {name: text.replace("{assay}", assay) for name, text in GIVEN.items()}
    for page in pages:
        blocks, wrong, found = blocks_of(source, page)
        problems += wrong
        spans += [(page, *span) for span in found]
        for block in blocks:
            if name := block.marks.get("file"):
                files[name] = "\n".join(block.lines) + "\n"
            elif reason := block.marks.get("not run"):
                print(f"{'not run':8}{f'{page}:{block.line}':28}{reason}")
            elif block.commands() and tuple(block.commands()) not in told:
                told.add(tuple(block.commands()))  # the same commands on two pages are run once
                runs.setdefault(page, []).append(block)
    with tempfile.TemporaryDirectory(prefix="assay-docs-") as scratch:
        binaries = os.path.join(scratch, "bin")
        os.makedirs(binaries)
        os.symlink(assay, os.path.join(binaries, "assay"))
        environment = dict(os.environ, PATH=f"{binaries}:{os.environ['PATH']}", ASSAY_DATA=source, HOME=scratch)
        problems += options_exist(spans, environment)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            done = [pool.submit(run_page, source, page, blocks, files, os.path.join(scratch, page), environment)
                    for page, blocks in runs.items()]
            for one in done:
                problems += one.result()
    ran = sum(len(blocks) for blocks in runs.values())
    for problem in problems:
        print(problem)
    print(f"{ran} blocks of commands ran, {len(spans)} commands in the text were looked up, {len(problems)} problems")
    return 1 if problems or ran == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
