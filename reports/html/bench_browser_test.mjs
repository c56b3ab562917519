// Opens the page of benchmarks in headless Chromium, on a desktop, a phone and in the dark: the bars are as long as the
// record says, every number of the record is in a table, nothing overlaps and nothing is out of sight.
// usage: bench_browser_test.mjs ASSAY_PROGRAM [SCREENSHOT_DIRECTORY [RECORD...]]
// With records, only pictures of these are taken. Exit 77: there is no browser.
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import {mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {Browser, Page, findBrowser} from "./browser.mjs";

const [assay, shots, ...real] = process.argv.slice(2);
const chromium = findBrowser();
if (!chromium) {
  console.log("SKIPPED: no Chromium (Debian package chromium, or name one in CHROMIUM)");
  process.exit(77);
}

const directory = mkdtempSync(join(tmpdir(), "assay-bench-page-"));
const record = (name, lines) => {
  const path = join(directory, name);
  writeFileSync(path, lines.map((line) => JSON.stringify(line) + "\n").join(""));
  return path;
};
const machine = {cpu: "Sample CPU", cores: 2, kernel: "Linux 6.1", load: 0.5, load_after: 1.5};
const hostile = "<img src=x onerror=alert(1)>";

// Sample numbers over five decades, with the longest names that there are.
const streamRows = ["chat", "messages"].flatMap((corpus) => [
  {contestant: "memchr", read: 0, gb_per_s: 25.8},
  {contestant: "simdjson On-Demand, split payloads (limit)", read: 0, gb_per_s: 5.66},
  ...[1, 64, 1400, 16384, 65536].flatMap((read, i) => [
    {contestant: "memcpy+memchr", read, gb_per_s: 0.144 * 3.4 ** i},
    {contestant: "assay decode", read, gb_per_s: 0.25 * 2.5 ** i},
    {contestant: "line by line std::string + nlohmann", read, gb_per_s: 0.14},
    {contestant: i === 2 ? hostile : "@ai-sdk/openai-compatible 3.0.92", read, gb_per_s: 0.00025},
  ]),
].map((row) => ({corpus, of_floor: 0.5, of_limit: row.gb_per_s / 5.66, ...row})));
const stream = record("stream.jsonl", [{bench: "stream", format: 1, megabytes: 16, rounds: 5, seed: 1, kernel: "icelake", machine}, ...streamRows]);

const client = (name, factor, change = (row) => row) => record(`${name.slice(0, 4).replace(/\W/g, "-")}.jsonl`, [
  {bench: "client", format: 1, client: name, version: "1.2.3", protocol: "openai-chat", events: 20000, event_bytes: 251, token_bytes: 11,
    paced_events: 100, pace_us: 5000, rounds: 3, requests: 1, observable: true, memory_cut: "1400", machine},
  ...["whole", "1400", "event", "64"].flatMap((cut, i) => [
    {cut, reader: "wire", events_per_s: 5e6 / 3 ** i, first_us: 40, p50_us: 30, p99_us: 200, samples: 297},
    change({cut, reader: "client", events_per_s: 1e5 * factor, first_us: 400 / factor, p50_us: 120 / factor, p99_us: 9000 / factor, samples: 297}),
  ]),
  {events: 20000, peak_kib: 11000 / factor, seconds: 0.2 / factor}, {events: 200000, peak_kib: 19000 / factor, seconds: 2 / factor},
]);
const unseen = {first_us: null, p50_us: null, p99_us: null, samples: 0};
const clients = [
  client("reference", 1),
  client("openai-sdk-responses", 0.2),
  client("whole at the end", 0.4, (row) => ({...row, ...unseen})),
  client(hostile, 0.1, (row) => row.cut === "64" ? {...row, ...unseen, events_per_s: null, problem: "the client showed 19 of 20 events"} : row),
];

const render = (name, files) => {
  const html = join(directory, name);
  execFileSync(assay, ["bench", "render", ...files, "--out", html]);
  return `file://${html}`;
};
const page = async (url, options) => {
  const opened = await Page.open(browser, options);
  await opened.goto(url);
  return opened;
};
// The whole page on one picture.
const shot = async (opened, name, width, dark) => {
  if (!shots) return;
  const height = await opened.eval("document.documentElement.scrollHeight");
  await opened.send("Emulation.setDeviceMetricsOverride", {width, height: Math.min(height, 6000), deviceScaleFactor: 1, mobile: width < 500});
  writeFileSync(join(shots, `${name}-${width}${dark ? "-dark" : ""}.png`), await opened.screenshot());
};
const clean = (opened) => {
  assert.deepEqual(opened.errors, [], "no console errors");
  for (const url of opened.requests) assert.match(url, /^(file|data):/, "nothing from the network");
};
const sizes = [{width: 1280, height: 900}, {width: 390, height: 844, phone: true}, {width: 360, height: 740, phone: true, dark: true}];

// Every text of every chart that is cut off at an edge of the figure or lies on another text.
const clashes = `(() => {
  const found = [];
  for (const figure of document.querySelectorAll("figure")) {
    const frame = figure.getBoundingClientRect();
    const boxes = [...figure.querySelectorAll("svg text")].map((t) => [t.textContent, t.getBoundingClientRect()]);
    for (const [text, box] of boxes) {
      if (box.left < frame.left || box.right > frame.right || box.bottom > frame.bottom) found.push("out of sight: " + text);
      for (const [other, at] of boxes) {
        if (other !== text && box.left < at.right - 1 && at.left < box.right - 1 && box.top < at.bottom - 2 && at.top < box.bottom - 2)
          found.push(text + " lies on " + other);
      }
    }
  }
  return found;
})()`;

const tests = {
  async "bars are as long as the record says"() {
    const opened = await page(render("stream.html", [stream]), sizes[0]);
    const bars = await opened.eval(`[...document.querySelectorAll(".bar")].map((b) =>
      [Number(b.dataset.value), b.getBoundingClientRect().width / b.closest("svg").getBoundingClientRect().width])`);
    assert.equal(bars.length, streamRows.length, "one bar for each row");
    assert.deepEqual(bars.map(([value]) => value).sort(), streamRows.map((row) => row.gb_per_s).sort());
    // A decade is as wide everywhere: width and logarithm are on one line.
    bars.sort((a, b) => a[0] - b[0]);
    const [[least, short], [most, long]] = [bars[0], bars.at(-1)];
    assert.ok(short > 0.01 && long <= 1);
    for (const [value, width] of bars) {
      const wanted = short + (long - short) * Math.log10(value / least) / Math.log10(most / least);
      assert.ok(Math.abs(width - wanted) < 0.003, `${value} is ${width} of the width, not ${wanted}`);
    }
    assert.equal(await opened.eval("document.querySelectorAll('section.corpus').length"), 2);
    assert.equal(await opened.eval("document.querySelectorAll('section.corpus figure').length"), 12, "one chart for each read size");
    assert.equal(await opened.eval("document.querySelectorAll('.limit-line').length"), 12);
    const table = await opened.eval("document.querySelector('section.corpus table').innerText");
    for (const text of ["25.8", "5.66", "0.250", "16 KiB", "1,400 B", "1 B"]) assert.ok(table.includes(text), `the table has ${text}`);
    clean(opened);
  },
  async "clients stand side by side"() {
    const opened = await page(render("clients.html", clients), sizes[0]);
    assert.equal(await opened.eval("document.querySelectorAll('figure').length"), 13, "three for each cut, and memory");
    const first = await opened.eval("document.querySelector('figure').innerText || document.querySelector('figure').textContent");
    for (const text of ["wire alone, openai-chat", "reference", "openai-sdk-responses", "100,000", "20,000"]) assert.ok(first.includes(text), text);
    const text = await opened.eval("document.body.textContent");
    for (const part of ["not observable", "the client showed 19 of 20 events", "p99 9.00", "11 to 19", "load 0.5 before and 1.5 after"])
      assert.ok(text.includes(part), part);
    assert.ok((await opened.eval("document.querySelector('table').textContent")).includes("200,0004610.0"), "memory and time of ten times the events");
    assert.equal(await opened.eval("document.querySelectorAll('img').length"), 0, "what a record holds is never markup");
    clean(opened);
  },
  async "fits a phone, and the dark"() {
    const urls = {stream: render("stream.html", [stream]), clients: render("clients.html", clients)};
    for (const [name, url] of Object.entries(urls)) {
      for (const size of sizes) {
        const opened = await page(url, size);
        assert.ok(await opened.eval(`document.documentElement.scrollWidth <= ${size.width}`), `${name}: no sideways scrolling at ${size.width}`);
        assert.deepEqual(await opened.eval(clashes), [], `${name} at ${size.width}`);
        await shot(opened, name, size.width, size.dark);
        clean(opened);
      }
    }
  },
  async "colours have contrast, by day and by night"() {
    const url = render("both.html", [stream, ...clients]);
    const seen = [];
    for (const dark of [false, true]) {
      const opened = await page(url, {...sizes[0], dark});
      const weak = await opened.eval(`(() => {
        const light = (text) => {
          const [r, g, b] = text.match(/[\\d.]+/g).map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
        const paper = getComputedStyle(document.querySelector("figure")).backgroundColor;
        const found = [];
        for (const [selector, least] of [["svg .label", 4.5], ["svg .axis", 4.5], ["svg .bar", 3]]) {
          for (const one of document.querySelectorAll(selector)) {
            const got = ratio(getComputedStyle(one).fill, paper);
            if (got < least) found.push(selector + " " + one.getAttribute("class") + " " + got.toFixed(2));
          }
        }
        return [...new Set(found)];
      })()`);
      assert.deepEqual(weak, [], dark ? "in the dark" : "by day");
      seen.push(await opened.eval("getComputedStyle(document.body).backgroundColor"));
    }
    assert.deepEqual(seen, ["rgb(255, 255, 255)", "rgb(13, 17, 23)"]);
  },
};

let browser;
let failures = 0;
try {
  browser = await Browser.start(chromium);
  if (real.length > 0) {
    const url = render("real.html", real);
    for (const size of sizes) await shot(await page(url, size), "real", size.width, size.dark);
  }
  for (const [name, test] of Object.entries(real.length > 0 ? {} : tests)) {
    try {
      await test();
      console.log(`ok      ${name}`);
    } catch (error) {
      ++failures;
      console.log(`FAILED  ${name}\n${error.stack}`);
    }
  }
} finally {
  await browser?.close();
  rmSync(directory, {recursive: true, force: true});
}
process.exitCode = failures === 0 ? 0 : 1;
