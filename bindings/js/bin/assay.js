#!/usr/bin/env node
// The command: runs the program of the platform's package, with its signals and its exit status.
import {spawn} from "node:child_process";
import {constants} from "node:os";
import {noProgram, program} from "../program.js";

const path = program(false);
if (!path) {
  console.error(noProgram);
  process.exit(3);
}
const child = spawn(path, process.argv.slice(2), {stdio: "inherit"});
// A terminal sends Ctrl-C to both of us; it is the program that ends.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  console.error(`assay: cannot start ${path}: ${error.message}`);
  process.exit(3);
});
child.on("exit", (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
