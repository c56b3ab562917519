// A headless Chromium, driven through the DevTools protocol over its pipe (file descriptors 3 and 4, messages that
// end with NUL): no package, no port.
import {spawn} from "node:child_process";
import {existsSync, mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";

export const findBrowser = () =>
  [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => path && existsSync(path));

const DEADLINE = 60_000;

export class Browser {
  #next = 1;
  #waiting = new Map();
  #listeners = [];
  #rest = "";

  static async start(path) {
    const browser = new Browser();
    browser.profile = mkdtempSync(join(tmpdir(), "assay-chromium-"));
    browser.process = spawn(path, ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", `--user-data-dir=${browser.profile}`,
      "--remote-debugging-pipe", "about:blank"], {stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"]});
    browser.process.on("exit", () => browser.#fail(new Error("the browser ended")));
    browser.process.stdio[4].setEncoding("utf8").on("data", (text) => browser.#read(text));
    return browser;
  }

  #fail(error) {
    for (const {reject} of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
  #read(text) {
    const parts = (this.#rest + text).split("\0");
    this.#rest = parts.pop();
    for (const part of parts) {
      const message = JSON.parse(part);
      const waiting = this.#waiting.get(message.id);
      if (waiting) {
        this.#waiting.delete(message.id);
        message.error ? waiting.reject(new Error(message.error.message)) : waiting.resolve(message.result);
      } else {
        for (const listener of this.#listeners) listener(message);
      }
    }
  }
  on(listener) { this.#listeners.push(listener); }
  // Sends `method` and waits for its result.
  send(method, params = {}, sessionId = undefined) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`timed out after ${DEADLINE / 1000} s waiting for ${method}`)), DEADLINE);
      this.#waiting.set(id, {resolve: (value) => { clearTimeout(timer); resolve(value); }, reject: (error) => { clearTimeout(timer); reject(error); }});
      this.process.stdio[3].write(JSON.stringify({id, method, params, sessionId}) + "\0");
    });
  }
  async close() {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    await this.send("Browser.close").catch(() => this.process.kill("SIGKILL"));
    await ended;
    rmSync(this.profile, {recursive: true, force: true, maxRetries: 5});
  }
}

// One tab. `errors` collects what its console and its scripts complain of, `requests` every address it asked for.
export class Page {
  errors = [];
  requests = [];

  static async open(browser, {width = 1280, height = 900, dark = false, phone = false} = {}) {
    const page = new Page();
    const {targetId} = await browser.send("Target.createTarget", {url: "about:blank"});
    const {sessionId} = await browser.send("Target.attachToTarget", {targetId, flatten: true});
    page.send = (method, params) => browser.send(method, params, sessionId);
    browser.on((message) => message.sessionId === sessionId && page.#event(message));
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await page.send(`${domain}.enable`);
    await page.send("Emulation.setDeviceMetricsOverride", {width, height, deviceScaleFactor: phone ? 2 : 1, mobile: phone});
    await page.send("Emulation.setEmulatedMedia", {features: [{name: "prefers-color-scheme", value: dark ? "dark" : "light"}]});
    return page;
  }
  #event({method, params}) {
    if (method === "Runtime.exceptionThrown") this.errors.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    if (method === "Runtime.consoleAPICalled" && ["error", "warning"].includes(params.type)) this.errors.push(params.args.map((a) => a.value).join(" "));
    if (method === "Log.entryAdded" && ["error", "warning"].includes(params.entry.level)) this.errors.push(params.entry.text);
    if (method === "Page.loadEventFired") this.loaded?.();
    if (method === "Network.requestWillBeSent") this.requests.push(params.request.url);
  }
  // The value of a JavaScript expression; a promise is awaited.
  async eval(expression) {
    const {result, exceptionDetails} = await this.send("Runtime.evaluate", {expression, awaitPromise: true, returnByValue: true});
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }
  // Waits until `condition` holds, looking at every frame.
  until(condition) {
    return this.eval(`new Promise((resolve, reject) => {
      const end = performance.now() + ${DEADLINE / 2};
      const look = () => (${condition}) ? resolve(true)
        : performance.now() > end ? reject(new Error(${JSON.stringify("timed out waiting for " + condition)})) : requestAnimationFrame(look);
      look();
    })`);
  }
  // Loads `url` and waits for its load event.
  async goto(url) {
    const loaded = new Promise((resolve) => { this.loaded = resolve; });
    await this.send("Page.navigate", {url});
    await loaded;
  }
  async key(key) {
    const text = key.length === 1 ? key : key === "Enter" ? "\r" : undefined;
    const code = {Enter: 13, Escape: 27, ArrowDown: 40, ArrowUp: 38, ArrowRight: 39, ArrowLeft: 37, Tab: 9}[key];
    await this.send("Input.dispatchKeyEvent", {type: "keyDown", key, text, windowsVirtualKeyCode: code});
    await this.send("Input.dispatchKeyEvent", {type: "keyUp", key, windowsVirtualKeyCode: code});
  }
  async screenshot() { return Buffer.from((await this.send("Page.captureScreenshot", {format: "png"})).data, "base64"); }
}
