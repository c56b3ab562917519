// Where the program is: ASSAY_PROGRAM, the package of this platform, or PATH.
import {accessSync, constants, readFileSync} from "node:fs";
import {createRequire} from "node:module";
import {delimiter, dirname, join} from "node:path";

const manifest = JSON.parse(readFileSync(new URL("./package.json", import.meta.url), "utf8"));

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function packaged() {
  const name = manifest.assayPlatforms?.[`${process.platform}-${process.arch}`];
  if (!name) return undefined;
  try {
    const path = join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), "bin", "assay");
    return isProgram(path) ? path : undefined;
  } catch {
    return undefined; // npm left the optional package out
  }
}

/** The path of assay; undefined where there is none. `search`: on PATH too. */
export function program(search = true) {
  if (process.env.ASSAY_PROGRAM) return process.env.ASSAY_PROGRAM;
  const own = packaged();
  if (own || !search) return own;
  return (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "assay")).find(isProgram);
}

/** One line: what to do on a platform that has no build. */
export const noProgram =
  `assay: this package has no program for ${process.platform} ${process.arch}; run it on Linux x64 with glibc 2.36 or newer ` +
  "(in a container too) and without --omit=optional, or set ASSAY_PROGRAM or ASSAY_ADMIN_URL";
