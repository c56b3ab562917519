// Opens reports in headless Chromium as a reader does: filters, opens a case, reads its conversation, on a desktop,
// a phone and in the dark; and measures a large one.
// usage: browser_test.mjs SAMPLE_PROGRAM ASSAY_PROGRAM CASES CLIENTS [SCREENSHOT_DIRECTORY]
// CASES and CLIENTS are the size of the large report. Exit 77: there is no browser.
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import {mkdtempSync, rmSync, statSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {Browser, Page, findBrowser} from "./browser.mjs";

const [sample, assay, cases, clients, shots] = process.argv.slice(2);
const chromium = findBrowser();
if (!chromium) {
  console.log("SKIPPED: no Chromium (Debian package chromium, or name one in CHROMIUM)");
  process.exit(77);
}

const directory = mkdtempSync(join(tmpdir(), "assay-report-"));
const render = (caseCount, clientCount) => {
  const record = join(directory, `${caseCount}.jsonl`), html = join(directory, `${caseCount}.html`);
  execFileSync(sample, [caseCount, clientCount, record]);
  const began = performance.now();
  execFileSync(assay, ["report", "render", record, "--format", "html", "--out", html]);
  return {url: `file://${html}`, bytes: statSync(html).size, seconds: (performance.now() - began) / 1000};
};

let browser;
const load = async (url, options) => {
  const page = await Page.open(browser, options);
  await page.goto(url);
  await page.until("document.documentElement.dataset.ready === 'true'");
  return page;
};
const shot = async (page, name) => shots && writeFileSync(join(shots, `${name}.png`), await page.screenshot());
const count = (page) => page.eval("document.getElementById('count').textContent");
const names = (page) => page.eval("[...document.querySelectorAll('.row .name')].map((n) => n.firstChild.textContent)");
const opened = "!document.getElementById('detail').hidden && document.querySelector('#detail h2')";
// Types into the filter as a reader does and says how long page and layout took, in ms.
const filterBy = (page, text) => page.eval(`(() => {
  const box = document.getElementById("text");
  box.value = ${JSON.stringify(text)};
  const began = performance.now();
  box.dispatchEvent(new Event("input"));
  document.body.offsetHeight;
  return performance.now() - began;
})()`);
const clean = (page) => {
  assert.deepEqual(page.errors, [], "no console errors");
  for (const url of page.requests) assert.match(url, /^(file|data):/, "nothing from the network");
};

const tests = {
  async "filters and opens a case by keyboard"(small) {
    const page = await load(small.url);
    assert.equal(await page.eval("document.getElementById('judgement').textContent"), "Failed");
    assert.equal(await count(page), "200 of 200 cases, 600 results");
    await shot(page, "desktop");
    assert.deepEqual(await page.eval("[...document.querySelectorAll('#heads span')].map((n) => n.textContent)"),
      await page.eval("[...document.getElementById('client').options].slice(1).map((n) => n.text)"), "each column has its client's name");
    assert.ok(await page.eval("document.querySelector('.row .reason.red').textContent.length > 20"), "a failure says why in its row");
    const levels = await page.eval("[...document.querySelectorAll('.row')].map((n) => [n.querySelector('.reason.red') !== null, n.querySelector('.tag').textContent])");
    const order = levels.map(([red, level]) => red ? ["must", "should", "may"].indexOf(level) : 3);
    assert.deepEqual(order, [...order].sort(), "failures first, must before should");
    await page.key("/");
    for (const letter of "worldrouter/login") await page.key(letter);
    assert.equal(await count(page), "20 of 200 cases, 60 results");
    for (const name of await names(page)) assert.match(name, /^worldrouter\/login/);
    await page.eval("document.getElementById('clear').click()");
    assert.equal(await count(page), "200 of 200 cases, 600 results");
    const failed = Number(await page.eval("document.querySelector('[data-verdict=fail] b').textContent"));
    await page.eval("document.querySelector('[data-verdict=fail]').click()");
    assert.match(await count(page), new RegExp(`, ${failed} results$`));
    await page.eval("document.getElementById('list').focus()");
    await page.key("ArrowDown");
    await page.key("Enter");
    await page.until(opened);
    assert.equal(await page.eval("document.querySelector('#detail h2').textContent"),
      await page.eval("document.querySelector('#row-1 .name').firstChild.textContent"));
    const text = await page.eval("document.getElementById('detail').innerText");
    for (const part of ["expected", "observed", "requirement", "assay run --client", "does not survive", "⚡", "evidence of"])
      assert.ok(text.includes(part), `the case shows: ${part}`);
    const sent = "document.querySelector('.entry.from-server details.sent .bytes')";
    assert.match(await page.eval(`${sent}.textContent`), /^HTTP\/1\.1 200 OK␍\n.*It is snowconnection reset \(RST\)$/s, "what the client was sent");
    assert.equal(await page.eval(`${sent}.querySelectorAll('mark.cut').length`), 2, "with its cut and its end marked");
    await page.eval("document.querySelector('.quote').click()");
    assert.ok(await page.eval("document.querySelector('.entry.flash.quoted') !== null"), "a check leads to its evidence");
    assert.equal(await page.eval("document.querySelectorAll('.entry details:not(.sent) .bytes').length"), 0, "no bytes before they are asked for");
    await page.eval("[...document.querySelectorAll('.entry summary')].find((s) => s.textContent === 'bytes').click()");
    await page.until("document.querySelector('.entry details:not(.sent) .bytes')");
    assert.match(await page.eval("document.querySelector('.entry details:not(.sent) .bytes').textContent"), /^POST .*\nHost: .*\nAuthorization: Bearer \[redacted\]/);
    await page.eval("document.querySelector('.entry button[aria-pressed]').click()");
    assert.match(await page.eval("document.querySelector('.bytes.hex').textContent"), /^000000 {2}7b 22 6d/);
    await shot(page, "desktop-case");
    await page.key("Escape");
    await page.until("document.getElementById('detail').hidden");
    assert.equal(await page.eval("document.activeElement.id"), "list", "focus goes back to the list");
    clean(page);
  },
  async "a link opens its case"(small) {
    const page = await load(small.url);
    await page.eval("document.querySelectorAll('.row')[3].click()");
    await page.until(opened);
    const [title, hash] = await page.eval("[document.querySelector('#detail h2').textContent, location.hash]");
    const other = await load(small.url + hash);
    await other.until(opened);
    assert.equal(await other.eval("document.querySelector('#detail h2').textContent"), title);
    clean(other);
  },
  async "the matrix leads to its cases"(small) {
    const page = await load(small.url);
    await page.eval("document.querySelector('[data-rows=both]').click()");
    const wanted = await page.eval("(() => { const b = document.querySelector('#matrix td button'); b.click(); return b.title; })()");
    const [, client, suite, model] = /^(\S+), (\S+) × (\S+):/.exec(wanted);
    assert.equal(await page.eval("document.getElementById('client').selectedOptions[0].text"), client);
    assert.equal(await page.eval("document.getElementById('suite').selectedOptions[0].text"), suite);
    assert.equal(await page.eval("document.getElementById('model').selectedOptions[0].text"), model);
    assert.match(await count(page), /^[1-9]/);
    clean(page);
  },
  async "the matrix shows what to fix first, in the order of an answer"(small) {
    const page = await load(small.url);
    await page.eval("document.getElementById('overview').open = true");
    await page.until("document.querySelector('#matrix tbody tr') !== null");
    const rows = await page.eval("[...document.querySelectorAll('#matrix tbody th')].map((th) => th.textContent)");
    assert.deepEqual(rows.slice(0, 2), ["Reading the bytes of a stream", "Tool calls and their results"]);
    await page.eval("document.querySelector('#matrix td button').click()");
    assert.equal(await page.eval("document.getElementById('topic').selectedOptions[0].text"), rows[0]);
    assert.match(await count(page), /^[1-9]/);
    clean(page);
  },
  async "what a record holds is never markup"(small) {
    const page = await load(small.url);
    await filterBy(page, "onerror");
    assert.equal(await count(page), "1 of 200 cases, 3 results");
    await page.eval("document.querySelector('.row').click()");
    await page.until(opened);
    assert.equal(await page.eval("document.querySelectorAll('img').length"), 0);
    assert.match(await page.eval("document.querySelector('#detail p').textContent"), /^<\/script><img src=x onerror=alert\(1\)>/);
    clean(page);
  },
  async "fits a phone, and the dark"(small) {
    const page = await load(small.url, {width: 390, height: 844, phone: true, dark: true});
    const fits = "document.documentElement.scrollWidth <= 390";
    assert.ok(await page.eval(fits), "no sideways scrolling");
    assert.equal(await page.eval("getComputedStyle(document.body).backgroundColor"), "rgb(13, 17, 23)");
    await shot(page, "phone-dark");
    await page.eval("document.querySelector('.row').click()");
    await page.until(opened);
    assert.deepEqual(await page.eval("(({width, height}) => [width, height])(document.getElementById('detail').getBoundingClientRect())"), [390, 844]);
    assert.ok(await page.eval(fits), "no sideways scrolling in a case");
    await shot(page, "phone-dark-case");
    clean(page);
  },
  async "a large report is small and quick"() {
    const large = render(cases, clients);
    assert.ok(large.bytes < 15e6, `under 15 MB: ${large.bytes}`);
    const page = await load(large.url);
    await shot(page, "large");
    const times = [];
    for (const text of ["a", "callback", "status 429 reset", "nothing matches this", ""]) times.push(await filterBy(page, text));
    assert.ok(Math.max(...times) < 100, `filters in under 100 ms: ${times}`);
    assert.ok(await page.eval("document.querySelectorAll('.row').length") < 80, "only rows in view exist");
    await page.eval("window.scrollTo(0, document.documentElement.scrollHeight)");
    await page.until(`document.getElementById('row-${cases - 1}')`);
    await page.eval("window.scrollTo(0, 0)");
    await page.until("document.getElementById('row-0')");
    await page.eval("document.querySelector('.row').click()");
    await page.until(opened);
    await shot(page, "large-case");
    clean(page);
    console.log(`    ${cases} cases x ${clients} clients: rendered in ${large.seconds.toFixed(2)} s, ${(large.bytes / 1e6).toFixed(1)} MB, ` +
      `slowest filter ${Math.max(...times).toFixed(1)} ms`);
  },
};

let failures = 0;
try {
  browser = await Browser.start(chromium);
  const small = render(200, 3);
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test(small);
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
