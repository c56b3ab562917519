// Fake LLM providers for test suites: Vitest, Jest, node:test, or any other.
import {spawn} from "node:child_process";
import {createInterface} from "node:readline";
import {noProgram, program} from "./program.js";

let server; // the `assay serve` of this process

async function start() {
  if (process.env.ASSAY_ADMIN_URL) return process.env.ASSAY_ADMIN_URL;
  const path = program();
  if (!path) throw new Error(noProgram);
  const child = spawn(path, ["serve", "--quiet", "--end-with-stdin"], {stdio: "pipe"});
  let said = "";
  child.stderr.on("data", (text) => { said += text; });
  const url = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", () => reject(new Error(said.trim() || "assay serve ended at its start")));
    createInterface({input: child.stdout}).on("line", (line) => {
      const [name, value] = line.split("=");
      if (name === "export ASSAY_ADMIN_URL") resolve(value);
    });
  });
  // It does not keep this process alive, and ends with it: that closes its standard input.
  child.unref();
  child.stdin.unref();
  child.stdout.unref();
  child.stderr.unref();
  return url;
}

async function ask(method, path, body) {
  server ??= start();
  const headers = {"Content-Type": "application/json"};
  if (process.env.ASSAY_ADMIN_TOKEN) headers.Authorization = `Bearer ${process.env.ASSAY_ADMIN_TOKEN}`;
  const answer = await fetch((await server) + path, {method, headers, body: body && JSON.stringify(body)});
  const text = await answer.text();
  if (!answer.ok) throw new Error(`assay: ${JSON.parse(text).error.message}`);
  if (!text) return undefined;
  return answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
}

let made = 0;

/** Fake providers of one test: their keys, clock and journal. */
export class World {
  #view;

  /** `faults`: every response has them; `rules`: the selected ones. The rest is the body of POST /worlds: scenario, world, keys, seed, listeners. */
  static async create({faults, rules, ...order} = {}) {
    const world = new World();
    world.#view = await ask("POST", "/worlds", {name: `js-${process.pid}-${++made}-${Date.now().toString(36)}`, ...order});
    if (faults || rules) await world.setFaults({faults, rules});
    return world;
  }

  get name() { return this.#view.name; }
  /** An API key that chat is answered for. */
  get key() { return this.#view.key; }
  /** What OpenAI SDKs take for baseURL. */
  get baseURL() { return this.url() + "/v1"; }
  url(fake = "inference") { return this.#view.urls[fake]; }

  #at(below) { return `/worlds/${this.name}/${below}`; }

  /** From the next request on; without any, nothing goes wrong. */
  setFaults({faults, rules, listen} = {}, fake = "inference") {
    return ask("PUT", this.#at(`faults/${fake}`), {faults, rules, listen});
  }
  set(setting, value) { return ask("PUT", this.#at(`settings/${setting}`), {value}); }
  async get(setting) { return (await ask("GET", this.#at(`settings/${setting}`))).value; }
  release(hold) { return ask("POST", this.#at("release"), {hold}); }
  /** Moves the clock of the fakes on: "30d". */
  advance(span) { return ask("POST", this.#at("clock"), {advance: span}); }
  async reset() { this.#view = await ask("POST", this.#at("reset")); }

  /** Entries that fit, such as "POST chat 503". */
  async journal(query) {
    const asked = new URLSearchParams({limit: "100000", ...(query && {for: query})});
    return (await ask("GET", this.#at(`journal?${asked}`))).entries;
  }
  /** The entries that fit, as soon as there are `count`; an error after `deadline` ("5s"). */
  async waitFor(query, {count = 1, deadline = "5s"} = {}) {
    return (await ask("GET", this.#at(`journal/wait?${new URLSearchParams({for: query, count, deadline})}`))).entries;
  }
  /** The journal as text, one line an entry. */
  async conversation() {
    const parts = (entry) => [`${(entry.t_us / 1e6).toFixed(3).padStart(8)} s`, entry.actor, entry.kind, entry.status, entry.text];
    return (await this.journal()).map((entry) => parts(entry).filter(Boolean).join("  ")).join("\n");
  }
  async close() { await ask("DELETE", `/worlds/${this.name}`); }
}

/** What `test()` takes: runs `body` with a world of its own; when it fails, its error shows the journal. */
export function withWorld(order, body) {
  return async () => {
    const world = await World.create(order);
    try {
      await body(world);
    } catch (error) {
      const journal = `\n\nassay journal:\n${await world.conversation()}`;
      if (error instanceof Error) {
        const before = error.message;
        error.message += journal;
        error.stack = error.stack?.replace(before, () => error.message);
      }
      throw error;
    } finally {
      await world.close();
    }
  };
}
