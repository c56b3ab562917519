"use strict";
// The report: unpacks the index, filters and lists the cases (only rows in view exist), and shows one case with
// its conversation. Texts of a record reach the page as text nodes only.
(() => {
  const $ = (id) => document.getElementById(id);
  // el("div", {class: "x", onclick: f}, "text", node, ...)
  const el = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child !== undefined && child !== null && child !== ""));
    return node;
  };

  const SIGNS = {pass: "✓", fail: "✕", error: "E", timeout: "T", crash: "!", "not-met": "∅", xfail: "k", xpass: "X", flaky: "~",
                 "not-applicable": "–", "could-not-run": "?"};
  const ABSENT = 46;  // '.'

  const unpack = async (id) => {
    const text = atob($(id).textContent);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; ++i) bytes[i] = text.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  };

  let data, clients, total;
  const blocks = new Map();
  const S = (number) => data.strings[number];

  // The evidence of item `number`, from its block; a block is unpacked once.
  const evidence = async (number) => {
    if (number < 0) return {checks: []};
    let block = data.blocks.length - 1;
    while (data.blocks[block] > number) --block;
    if (!blocks.has(block)) blocks.set(block, unpack(`block-${block}`));
    return (await blocks.get(block))[number - data.blocks[block]];
  };

  const verdictOf = (cell) => {
    const code = data.cells.verdict.charCodeAt(cell);
    return code === ABSENT ? null : data.verdicts[code - 97];
  };
  const square = (verdict, title, extra = "") =>
    el("span", {class: `v v-${verdict ? verdict.name : "absent"} ${extra}`, title}, verdict ? SIGNS[verdict.name] : "");

  const duration = (us) => us < 1000 ? `${us} µs` : us < 1e6 ? `${(us / 1000).toFixed(us < 1e4 ? 1 : 0)} ms`
    : us < 6e7 ? `${(us / 1e6).toFixed(1)} s` : `${Math.floor(us / 6e7)} min ${Math.round(us % 6e7 / 1e6)} s`;
  const commandOf = (index, client) =>
    S(data.cells.command[index * clients + client]).replaceAll("\u0001", S(data.cases.name[index])).replaceAll("\u0002", data.clients[client].name);

  // ---- filters ------------------------------------------------------------------------------------------------

  const filter = {verdicts: new Set(), text: "", client: "", suite: "", topic: "", model: "", level: "", order: "worst"};
  const selected = {row: -1, client: 0, open: false};
  let haystack = [];    // lower-case words of each case
  let worst = [];       // rank of the worst result of each case
  let reds = [];        // 1 where it is a failure
  let slowest = [];
  let lower = [];       // lower-case strings, for reasons
  let shown = [];       // cases that match, in order

  const prepare = () => {
    lower = data.strings.map((text) => text.toLowerCase());
    const c = data.cases;
    for (let i = 0; i < total; ++i) {
      const words = [c.name[i], c.title[i], c.requirement[i], c.suite[i], c.topic[i], c.level[i], c.provider[i], c.model[i], c.protocol[i],
                     ...c.features[i], ...c.seen[i]];
      haystack.push(words.map((number) => lower[number]).join(" "));
      let rank = 99, slow = 0, red = 0;
      for (let k = i * clients; k < (i + 1) * clients; ++k) {
        const verdict = verdictOf(k);
        if (verdict && verdict.rank < rank) rank = verdict.rank;
        if (verdict && verdict.red) red = 1;
        if (data.cells.duration[k] > slow) slow = data.cells.duration[k];
      }
      worst.push(rank);
      reds.push(red);
      slowest.push(slow);
    }
  };

  const LEVELS = {must: 0, should: 1, may: 2};
  // Which cells of a case match verdict, client and, where the case's own words do not, the words of its reasons.
  const apply = () => {
    const began = performance.now();
    const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
    const reasons = words.map((word) => {
      const hit = new Uint8Array(lower.length);
      for (let i = 0; i < lower.length; ++i) if (lower[i].includes(word)) hit[i] = 1;
      return hit;
    });
    const allowed = new Uint8Array(128);
    for (let v = 0; v < data.verdicts.length; ++v)
      allowed[97 + v] = filter.verdicts.size === 0 || filter.verdicts.has(data.verdicts[v].name) ? 1 : 0;
    const first = filter.client === "" ? 0 : Number(filter.client);
    const last = filter.client === "" ? clients : first + 1;
    const c = data.cases;
    shown = [];
    let results = 0;
    for (let i = 0; i < total; ++i) {
      if (filter.suite !== "" && c.suite[i] !== Number(filter.suite)) continue;
      if (filter.topic !== "" && c.topic[i] !== Number(filter.topic)) continue;
      if (filter.model !== "" && c.model[i] !== Number(filter.model)) continue;
      if (filter.level !== "" && S(c.level[i]) !== filter.level) continue;
      const missing = [];
      for (let w = 0; w < words.length; ++w) if (!haystack[i].includes(words[w])) missing.push(w);
      let matches = 0;
      for (let k = first; k < last; ++k) {
        const cell = i * clients + k;
        if (!allowed[data.cells.verdict.charCodeAt(cell)]) continue;
        const reason = data.cells.reason[cell];
        if (missing.every((w) => reasons[w][reason])) ++matches;
      }
      if (matches === 0) continue;
      results += matches;
      shown.push(i);
    }
    if (filter.order === "worst")
      shown.sort((a, b) => reds[b] - reds[a] || reds[a] * (LEVELS[S(c.level[a])] - LEVELS[S(c.level[b])]) || worst[a] - worst[b] || a - b);
    else if (filter.order === "topic") shown.sort((a, b) => byTopic(c.topic[a], c.topic[b]) || reds[b] - reds[a] || a - b);
    else if (filter.order === "slow") shown.sort((a, b) => slowest[b] - slowest[a] || a - b);
    $("count").textContent = `${shown.length} of ${total} cases, ${results} results`;
    selected.row = Math.min(selected.row, shown.length - 1);
    layout();
    draw(true);
    document.documentElement.dataset.filterMs = (performance.now() - began).toFixed(1);
  };

  // ---- the list: rows in view only ------------------------------------------------------------------------------

  const list = $("list");
  let height = 54;
  const rows = new Map();  // place in `shown` -> node
  const bar = $("text").parentElement, heads = $("heads");
  // How much of the top of the window the filters cover, and with the names of the columns.
  const barHeight = () => getComputedStyle(bar).position === "sticky" ? bar.offsetHeight : 0;
  const covered = () => barHeight() + (heads.hidden ? 0 : heads.offsetHeight);
  const layout = () => {
    document.documentElement.style.setProperty("--bar", `${barHeight()}px`);
    height = window.matchMedia("(max-width: 640px)").matches ? 72 : 54;
    list.style.height = `${Math.max(1, shown.length) * height}px`;
    const side = clients <= 6 ? 22 : clients <= 12 ? 18 : 14;
    document.documentElement.style.setProperty("--cell", `${side}px`);
  };

  const makeRow = (place) => {
    const i = shown[place];
    const level = S(data.cases.level[i]);
    const strip = el("span", {class: "strip"});
    const cell = i * clients + worstClient(i), worstVerdict = verdictOf(cell);
    // Why it is red, or what it asks.
    const reason = worstVerdict && worstVerdict.name !== "pass" ? S(data.cells.reason[cell]) : "";
    const who = reason && clients > 1 ? `${data.clients[worstClient(i)].name}: ` : "";
    const title = S(data.cases.title[i]) + (S(data.cases.model[i]) && ` · ${S(data.cases.model[i])}`);
    for (let k = 0; k < clients; ++k) {
      const verdict = verdictOf(i * clients + k);
      const dim = (filter.client !== "" && Number(filter.client) !== k) ||
        (filter.verdicts.size > 0 && !(verdict && filter.verdicts.has(verdict.name)));
      const chosen = selected.row === place && selected.client === k;
      const node = square(verdict, `${data.clients[k].name}: ${verdict ? verdict.name : "not run"}`, (dim ? "dim " : "") + (chosen ? "chosen" : ""));
      node.dataset.client = k;
      strip.append(node);
    }
    const node = el("div", {class: "row", role: "option", id: `row-${place}`, "aria-selected": String(selected.row === place),
                            "aria-posinset": place + 1, "aria-setsize": shown.length,
                            "aria-label": label(i)},
      strip, el("span", {class: "name"}, el("span", {}, S(data.cases.name[i])), el("span", {class: `tag ${level}`}, level),
        reason ? el("span", {class: "title"}, title) : ""),
      el("span", {class: reason ? `reason ${worstVerdict.red ? "red" : ""}` : "title"}, reason ? `${who}${reason}` : title));
    node.style.top = `${place * height}px`;
    node.style.height = `${height}px`;
    node.dataset.place = place;
    return node;
  };
  const label = (i) => {
    const counts = {};
    for (let k = i * clients; k < (i + 1) * clients; ++k) {
      const verdict = verdictOf(k);
      if (verdict) counts[verdict.name] = (counts[verdict.name] || 0) + 1;
    }
    return `${S(data.cases.name[i])}, ${S(data.cases.level[i])}: ${Object.entries(counts).map(([name, n]) => `${n} ${name}`).join(", ")}`;
  };

  const draw = (fresh) => {
    if (fresh) rows.clear(), list.replaceChildren();
    if (shown.length === 0) {
      if (fresh) list.append(el("p", {class: "empty"}, "No case matches these filters."));
      return;
    }
    const top = -list.getBoundingClientRect().top;
    const from = Math.max(0, Math.floor(top / height) - 6);
    const to = Math.min(shown.length, Math.ceil((top + window.innerHeight) / height) + 6);
    for (const [place, node] of rows) if (place < from || place >= to) node.remove(), rows.delete(place);
    const added = document.createDocumentFragment();
    for (let place = from; place < to; ++place) {
      if (rows.has(place)) continue;
      rows.set(place, makeRow(place));
      added.append(rows.get(place));
    }
    list.append(added);
  };
  const redraw = (...places) => {
    for (const place of places) if (rows.has(place)) rows.get(place).remove(), rows.delete(place);
    draw(false);
  };

  // The client whose result of case `i` is the worst among those the filters let through.
  const worstClient = (i) => {
    let best = 0, rank = 100;
    for (let k = 0; k < clients; ++k) {
      if (filter.client !== "" && Number(filter.client) !== k) continue;
      const verdict = verdictOf(i * clients + k);
      if (!verdict || (filter.verdicts.size > 0 && !filter.verdicts.has(verdict.name))) continue;
      if (verdict.rank < rank) rank = verdict.rank, best = k;
    }
    return best;
  };

  const select = (place, client) => {
    if (shown.length === 0) return;
    const before = selected.row;
    selected.row = Math.max(0, Math.min(place, shown.length - 1));
    selected.client = client ?? worstClient(shown[selected.row]);
    list.setAttribute("aria-activedescendant", `row-${selected.row}`);
    const bounds = list.getBoundingClientRect();
    const top = bounds.top + selected.row * height;
    if (top < covered()) window.scrollBy(0, top - covered());
    else if (top + height > window.innerHeight) window.scrollBy(0, top + height - window.innerHeight);
    redraw(before, selected.row);
    if (selected.open) open();
  };

  // ---- one case ---------------------------------------------------------------------------------------------------

  const detail = $("detail");
  let opening = 0;
  const open = async (focus = false) => {
    if (selected.row < 0) return;
    const turn = ++opening;
    const i = shown[selected.row], k = selected.client;
    const item = await evidence(data.cells.item[i * clients + k]);
    if (turn !== opening) return;
    selected.open = true;
    detail.replaceChildren(...caseView(i, k, item));
    detail.hidden = false;
    detail.scrollTop = 0;
    document.body.classList.add("reading");
    $("main").classList.add("open");
    history.replaceState(null, "", `#${new URLSearchParams({case: S(data.cases.name[i]), client: data.clients[k].name})}`);
    if (focus) detail.focus({preventScroll: true});
    draw(false);
  };
  const close = () => {
    ++opening;
    selected.open = false;
    detail.hidden = true;
    document.body.classList.remove("reading");
    $("main").classList.remove("open");
    history.replaceState(null, "", "#");
    list.focus({preventScroll: true});
    draw(false);
  };

  // A bug that the case was made from: what happens, and where it was reported.
  const seenView = (id) => {
    const seen = data.seen[id];
    if (!seen) return el("p", {}, source(id));
    return el("div", {class: "seen"}, el("p", {}, seen.title, el("span", {class: "quiet"}, ` (${id})`)),
      el("ul", {}, ...seen.sources.map(([name, url, says]) => el("li", {}, url ? source(url, name) : "", url && says ? ": " : "", says))));
  };
  const source = (text, name) => /^https?:\/\//.test(text) ? el("a", {href: text, rel: "noreferrer noopener", target: "_blank"}, name ?? text) : el("span", {}, text);
  const pairs = (...entries) => el("dl", {}, ...entries.filter(([, value]) => value !== "" && value !== undefined && value !== null)
    .flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));

  // Text with what differs from `other` marked: all but the common start and end.
  const marked = (text, other) => {
    const a = [...text], b = [...other];
    let start = 0, end = 0;
    while (start < a.length && start < b.length && a[start] === b[start]) ++start;
    while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) ++end;
    if (start + end < Math.min(a.length, b.length) / 2) return el("code", {}, text || "(nothing)");
    return el("code", {}, a.slice(0, start).join(""), el("mark", {}, a.slice(start, a.length - end).join("")), a.slice(a.length - end).join(""));
  };

  const checkView = (check) => el("div", {class: `check ${check.ok ? "" : "bad"}`},
    el("div", {class: "head"}, square({name: check.ok ? "pass" : "fail"}), check.name,
      ...check.evidence.map((seq) => el("button", {type: "button", class: "quote", onclick: () => jump(seq)}, `entry ${seq}`))),
    check.ok && check.expected === check.observed ? "" : el("div", {class: "compare"},
      el("span", {}, "expected"), check.ok ? el("code", {}, check.expected) : marked(check.expected, check.observed),
      ...(check.ok && !check.observed ? [] : [el("span", {}, "observed"), check.ok ? el("code", {}, check.observed) : marked(check.observed, check.expected)])));
  const jump = (seq) => {
    const node = $(`entry-${seq}`);
    if (!node) return;
    node.scrollIntoView({block: "center"});
    for (const other of detail.querySelectorAll(".flash")) other.classList.remove("flash");
    node.classList.add("flash");
  };

  // A string of the journal: text, or bytes in base64.
  const plain = (value) => value === undefined || value === null ? "" : typeof value === "string" ? value
    : value.base64 !== undefined ? `(${Math.floor(value.base64.length * 3 / 4)} bytes)` : JSON.stringify(value);
  const bytesOf = (value) => typeof value === "string" ? new TextEncoder().encode(value)
    : Uint8Array.from(atob(value.base64), (c) => c.charCodeAt(0));
  const hex = (bytes) => {
    const out = [];
    for (let at = 0; at < bytes.length; at += 16) {
      const part = [...bytes.slice(at, at + 16)];
      out.push(`${at.toString(16).padStart(6, "0")}  ${part.map((b) => b.toString(16).padStart(2, "0")).join(" ").padEnd(47)}  ` +
        part.map((b) => b > 31 && b < 127 ? String.fromCharCode(b) : ".").join(""));
    }
    return out.join("\n");
  };
  const bytesView = (request) => {
    const head = `${plain(request.method)} ${plain(request.target)}\n` +
      (Array.isArray(request.headers) ? request.headers : []).map(([name, value]) => `${plain(name)}: ${plain(value)}`).join("\n");
    const body = bytesOf(request.body ?? "");
    const text = new TextDecoder().decode(body);
    const shownBody = el("pre", {class: "bytes", tabindex: "0"}, text);
    const button = el("button", {type: "button", "aria-pressed": "false", onclick: () => {
      const asHex = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(asHex));
      shownBody.classList.toggle("hex", asHex);
      shownBody.textContent = asHex ? hex(body) : text;
    }}, "hex");
    const cut = request.body_bytes ? el("p", {class: "quiet"}, `the first ${body.length} of ${request.body_bytes} bytes`) : "";
    return [el("pre", {class: "bytes", tabindex: "0"}, head), body.length ? el("p", {}, button) : "", body.length ? shownBody : "", cut];
  };

  // What the client was sent: the bytes of the answer, with its cuts, waits, changes and its end marked.
  const sentView = (detail) => {
    const body = bytesOf(detail.sent), decoder = new TextDecoder(), pre = el("pre", {class: "bytes", tabindex: "0"});
    // A carriage return is seen; a line feed breaks the line.
    const text = (from, to) => decoder.decode(body.slice(from, to)).replaceAll("\r", "␍");
    let from = 0;
    for (const [at, what] of detail.marks) {
      if (at > body.length) break;
      pre.append(text(from, at), el("mark", {class: "cut"}, what));
      from = at;
    }
    pre.append(text(from));
    const out = [pre];
    if (detail.bytes > body.length) {
      out.push(el("p", {class: "quiet"}, `the first ${body.length} of ${detail.bytes} bytes`));
      for (const [at, what] of detail.marks) if (at > body.length) out.push(el("p", {}, el("mark", {class: "cut"}, `${what}, after ${at} bytes`)));
    }
    if (detail.marks_left_out) out.push(el("p", {class: "quiet"}, `${detail.marks_left_out} more marks are left out`));
    return out;
  };

  const FROM_CLIENT = new Set(["connect", "request", "bad-request", "peer-closed", "unclaimed", "lookup"]);
  const FROM_SERVER = new Set(["response", "done", "closed", "timeout", "hold", "release"]);
  const FAULTS = new Set(["fault", "unconfirmed-cut"]);
  const entryView = (entry, quotes, sent) => {
    const side = FAULTS.has(entry.kind) ? "fault" : FROM_CLIENT.has(entry.kind) || entry.actor === "client" || entry.actor === "browser" ? "from-client"
      : FROM_SERVER.has(entry.kind) ? "from-server" : "";
    const who = FROM_CLIENT.has(entry.kind) && side === "from-client" ? `→ ${entry.actor}` : entry.actor;
    const more = [entry.kind];
    if (entry.status) more.push(`status ${entry.status}`);
    if (entry.bytes) more.push(`${entry.bytes} bytes`);
    if (entry.connection) more.push(`connection ${entry.connection}`);
    const hidden = entry.request || (entry.detail !== undefined && entry.detail !== null);
    const node = el("li", {class: `entry ${side} ${quotes ? "quoted" : ""}`, id: `entry-${entry.seq}`},
      el("div", {class: "line"}, el("span", {class: "when"}, `${(entry.t_us / 1e6).toFixed(3)} s`),
        el("span", {class: "what"}, side === "fault" ? "⚡ " : "", plain(entry.text) || entry.kind), el("span", {class: "who"}, who)),
      el("div", {class: "quiet"}, `#${entry.seq} ${more.join(" · ")}`, quotes ? ` · evidence of ${quotes}` : ""));
    if (hidden) {
      const box = el("details", {}, el("summary", {}, entry.request ? "bytes" : "details"));
      box.addEventListener("toggle", () => {
        if (!box.open || box.childElementCount > 1) return;
        if (entry.request) box.append(...bytesView(entry.request).filter((part) => part !== ""));
        if (entry.detail !== undefined && entry.detail !== null) box.append(el("pre", {class: "bytes"}, JSON.stringify(entry.detail, null, 2)));
      });
      node.append(box);
    }
    if (sent) {
      const box = el("details", {class: "sent", open: sent.marks.length > 0}, el("summary", {}, "sent to the client"));
      const fill = () => { if (box.open && box.childElementCount === 1) box.append(...sentView(sent)); };
      box.addEventListener("toggle", fill);
      fill();
      node.append(box);
    }
    return node;
  };
  const isSent = (entry) => entry.detail && entry.detail.sent !== undefined;
  const timeline = (item) => {
    const quotes = new Map();
    for (const check of item.checks)
      for (const seq of check.evidence) quotes.set(seq, [quotes.get(seq), check.name].filter(Boolean).join(", "));
    // The bytes of an answer are shown with its response.
    const sent = new Map(item.journal.filter(isSent).map((entry) => [entry.exchange, entry.detail]));
    const out = [];
    let last = item.journal.length ? item.journal[0].t_us : 0;
    for (const entry of item.journal) {
      if (isSent(entry)) continue;
      if (entry.t_us - last >= 50000) out.push(el("li", {class: "gap"}, `${duration(entry.t_us - last)} later`));
      last = entry.t_us;
      out.push(entryView(entry, quotes.get(entry.seq), entry.kind === "response" ? sent.get(entry.exchange) : undefined));
    }
    return el("ol", {class: "timeline"}, ...out);
  };

  const caseView = (i, k, item) => {
    const c = data.cases, cell = i * clients + k, verdict = verdictOf(cell);
    const command = verdict ? commandOf(i, k) : "";
    const copy = el("button", {type: "button", onclick: async () => {
      try { await navigator.clipboard.writeText(command); copy.textContent = "copied"; } catch { getSelection().selectAllChildren(code); }
    }}, "copy");
    const code = el("code", {}, command);
    const out = [
      el("button", {type: "button", class: "close", onclick: close, "aria-label": "Close"}, "✕"),
      el("h2", {}, S(c.name[i])), el("p", {}, S(c.title[i])),
      el("div", {class: "clients", role: "group", "aria-label": "Client"}, ...data.clients.map((client, n) => {
        const other = verdictOf(i * clients + n);
        return el("button", {type: "button", "aria-pressed": String(n === k), disabled: !other, onclick: () => select(selected.row, n)},
          square(other, other ? other.name : "not run"), client.name);
      })),
      el("div", {class: "verdict-line"}, square(verdict), verdict ? verdict.name : "not run",
        el("span", {class: `tag ${S(c.level[i])}`}, S(c.level[i])), el("span", {class: "quiet"}, verdict ? duration(data.cells.duration[cell]) : "")),
      S(data.cells.reason[cell]) ? el("p", {}, S(data.cells.reason[cell])) : "",
      pairs(["requirement", S(c.requirement[i])], ["what to fix", S(c.topic[i])], ["suite", S(c.suite[i])], ["client", `${data.clients[k].name} ${data.clients[k].version}`],
        ["provider", S(c.provider[i])], ["model", S(c.model[i])], ["protocol", S(c.protocol[i])],
        ["features", c.features[i].map(S).join(", ")], ["axes", c.axes[i].map(S).join(", ")],
        ["known failure", item.known ? `${item.known.reason}${item.known.expires ? `, until ${item.known.expires}` : ""}` : ""])];
    if (c.seen[i].length) out.push(el("h3", {}, "Seen in"), ...c.seen[i].map((number) => seenView(S(number))));
    if (item.known && item.known.issue) out.push(el("p", {}, source(item.known.issue)));
    if (item.checks.length) {
      out.push(el("h3", {}, "Checks"));
      for (const check of [...item.checks].sort((a, b) => a.ok - b.ok)) out.push(checkView(check));
    }
    if (item.attempts && item.attempts.length) out.push(el("h3", {}, "Attempts"),
      ...item.attempts.map((attempt, n) => el("p", {}, square({name: attempt.outcome}), ` ${n + 1}: ${attempt.outcome} ${attempt.reason} (${duration(attempt.duration)})`)));
    if (command) out.push(el("h3", {}, "Repeat"), el("div", {class: "command"}, code, copy));
    if (item.journal && item.journal.length) out.push(el("h3", {}, "Conversation"), timeline(item));
    else if (item.leftOut) out.push(el("p", {class: "quiet"}, "The conversation is left out here to keep this file small; the run record has it."));
    else if (verdict) out.push(el("p", {class: "quiet"}, "No conversation is kept here for this result; the run record has what there is."));
    if (item.output && (item.output.stdout || item.output.stderr || item.output.screen || item.output.exit !== undefined)) {
      out.push(el("h3", {}, "Output"));
      if (item.output.exit !== undefined) out.push(el("p", {}, `exit ${item.output.exit}`));
      for (const name of ["screen", "stdout", "stderr"])
        if (item.output[name]) out.push(el("p", {class: "quiet"}, name), el("pre", {class: "bytes", tabindex: "0"}, item.output[name]));
    }
    if (item.timings && Object.keys(item.timings).length) out.push(el("h3", {}, "Timings"), pairs(...Object.entries(item.timings).map(([name, us]) => [name, duration(us)])));
    return out.filter((part) => part !== "");
  };

  // ---- head, chips, selects, matrix -----------------------------------------------------------------------------

  const head = () => {
    const meta = data.meta;
    const title = $("judgement");
    title.textContent = !meta.complete ? "Incomplete" : meta.exit === 0 ? "All as expected" : "Failed";
    title.className = !meta.complete ? "half" : meta.exit === 0 ? "good" : "bad";
    document.title = `${title.textContent} · assay report`;
    const facts = [`${total} cases`, clients === 1 ? `${data.clients[0].name} ${data.clients[0].version}` : `${clients} clients`, duration(meta.duration),
      meta.started.replace("T", " ").replace("Z", " UTC"), `seed ${meta.seed}`, `assay ${meta.assay}`, meta.host];
    if (meta.requirements) facts.push(`requirements ${meta.requirements}`);
    if (!meta.cells) facts.push(meta.without_cells ? `without cells (${meta.without_cells})` : "without cells");
    $("meta").textContent = facts.join(" · ");
    $("notes").append(...meta.notes.map((note) => el("li", {}, note)));
    const counts = new Map(data.verdicts.map((verdict) => [verdict.name, 0]));
    for (let cell = 0; cell < total * clients; ++cell) {
      const verdict = verdictOf(cell);
      if (verdict) counts.set(verdict.name, counts.get(verdict.name) + 1);
    }
    for (const verdict of [...data.verdicts].sort((a, b) => a.rank - b.rank)) {
      if (counts.get(verdict.name) === 0) continue;
      const chip = el("button", {type: "button", class: "chip", "aria-pressed": "false", "data-verdict": verdict.name, onclick: () => {
        filter.verdicts.has(verdict.name) ? filter.verdicts.delete(verdict.name) : filter.verdicts.add(verdict.name);
        sync();
      }}, square(verdict), el("b", {}, String(counts.get(verdict.name))), verdict.name);
      $("chips").append(chip);
    }
  };

  // The names of the columns of verdicts.
  const columns = () => {
    heads.hidden = clients < 2;
    heads.append(...data.clients.map((client) => el("span", {title: client.name}, client.name)));
  };

  // Topics in the order of data.topics; a case without one comes last.
  const placeOfTopic = (number) => (data.topics.indexOf(S(number)) + 1) || data.topics.length + 1;
  const byTopic = (a, b) => placeOfTopic(a) - placeOfTopic(b);
  const distinct = (column) => [...new Set(column)].sort((a, b) => S(a) < S(b) ? -1 : 1);
  const selects = () => {
    const fillIn = (id, all, options) => {
      $(id).append(el("option", {value: ""}, all), ...options.map(([value, text]) => el("option", {value}, text)));
      $(id).hidden = options.length < 2;
      $(id).addEventListener("change", () => { filter[id] = $(id).value; sync(); });
    };
    fillIn("client", "all clients", data.clients.map((client, n) => [n, client.name]));
    fillIn("topic", "everything to fix", [...new Set(data.cases.topic)].sort(byTopic).map((n) => [n, S(n)]));
    fillIn("suite", "all suites", distinct(data.cases.suite).map((n) => [n, S(n)]));
    fillIn("model", "all models", distinct(data.cases.model).map((n) => [n, S(n) || "(no model)"]));
    fillIn("level", "all levels", distinct(data.cases.level).map((n) => [S(n), S(n)]));
    $("order").addEventListener("change", () => { filter.order = $("order").value; sync(); });
    $("text").addEventListener("input", () => { filter.text = $("text").value; apply(); });
    $("clear").addEventListener("click", () => {
      Object.assign(filter, {text: "", client: "", suite: "", topic: "", model: "", level: ""});
      filter.verdicts.clear();
      sync();
    });
  };
  // What the controls show follows the filter.
  const sync = () => {
    for (const id of ["text", "client", "suite", "topic", "model", "level", "order"]) if ($(id).value !== filter[id]) $(id).value = filter[id];
    for (const chip of $("chips").children) chip.setAttribute("aria-pressed", String(filter.verdicts.has(chip.dataset.verdict)));
    apply();
  };

  // What a row of the matrix stands for: the columns of a case that it groups by.
  const ROWS = {topic: ["topic"], suite: ["suite"], model: ["model"], both: ["suite", "model"]};
  const HEADS = {topic: "what to fix", suite: "suite", model: "model", both: "suite × model"};
  let matrixRows = "topic";
  const matrix = () => {
    const many = clients > 6;  // then only what is red is a number
    const groups = new Map();
    const c = data.cases;
    for (let i = 0; i < total; ++i) {
      const of = Object.fromEntries(ROWS[matrixRows].map((column) => [column, c[column][i]]));
      const key = Object.values(of).join(" ");
      if (!groups.has(key)) groups.set(key, {of, counts: Array.from({length: clients}, () => ({ran: 0, good: 0, red: 0}))});
      const group = groups.get(key);
      for (let k = 0; k < clients; ++k) {
        const verdict = verdictOf(i * clients + k);
        if (!verdict || verdict.name === "not-applicable") continue;
        ++group.counts[k].ran;
        if (verdict.red) ++group.counts[k].red;
        else if (verdict.name === "pass" || verdict.name === "xfail") ++group.counts[k].good;
      }
    }
    const name = (group) => Object.entries(group.of).map(([column, number]) => S(number) || `(no ${column})`).join(" × ");
    const sorted = [...groups.values()].sort((a, b) => matrixRows === "topic" ? byTopic(a.of.topic, b.of.topic) : name(a) < name(b) ? -1 : 1);
    const body = sorted.map((group) => el("tr", {}, el("th", {scope: "row"}, name(group)), ...group.counts.map((count, k) => {
      if (count.ran === 0) return el("td", {});
      const button = el("button", {type: "button", title: `${data.clients[k].name}, ${name(group)}: ${count.good} of ${count.ran} as expected, ${count.red} red`,
        onclick: () => {
          const of = Object.fromEntries(Object.entries(group.of).map(([column, number]) => [column, String(number)]));
          Object.assign(filter, {client: clients > 1 ? String(k) : "", suite: "", topic: "", model: "", ...of});
          sync();
          bar.scrollIntoView();
        }}, count.red ? el("span", {class: "red"}, `${count.red} `) : "", many ? (count.red ? "" : "✓") : `${count.good}/${count.ran}`);
      button.style.setProperty("--share", `${100 * count.good / count.ran}%`);
      button.style.setProperty("--redshare", `${100 * count.red / count.ran}%`);
      return el("td", {}, button);
    })));
    $("matrix").className = many ? "many" : "";
    $("matrix").replaceChildren(el("thead", {}, el("tr", {}, el("th", {}, HEADS[matrixRows]),
      ...data.clients.map((client) => el("th", {scope: "col"}, client.name)))), el("tbody", {}, ...body));
  };

  // ---- keys and pointers ------------------------------------------------------------------------------------------

  const listen = () => {
    list.addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (!row) return;
      const client = event.target.dataset.client;
      select(Number(row.dataset.place), client === undefined ? undefined : Number(client));
      open(true);
    });
    list.addEventListener("focus", () => { if (selected.row < 0) select(0); });
    list.addEventListener("keydown", (event) => {
      const step = {ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 10, PageUp: -10, Home: -total, End: total}[event.key];
      if (step !== undefined) select(selected.row + step);
      else if (event.key === "ArrowLeft") select(selected.row, Math.max(0, selected.client - 1));
      else if (event.key === "ArrowRight") select(selected.row, Math.min(clients - 1, selected.client + 1));
      else if (event.key === "Enter" || event.key === " ") open(true);
      else return;
      event.preventDefault();
    });
    document.addEventListener("keydown", (event) => {
      const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
      if (event.key === "/" && !typing) event.preventDefault(), $("text").focus();
      else if (event.key === "Escape" && selected.open) close();
      else if (event.key === "Escape" && event.target === $("text")) list.focus({preventScroll: true});
    });
    for (const button of document.querySelectorAll("[data-rows]")) {
      button.addEventListener("click", () => {
        matrixRows = button.dataset.rows;
        for (const other of document.querySelectorAll("[data-rows]")) other.setAttribute("aria-pressed", String(other === button));
        matrix();
      });
    }
    $("overview").addEventListener("toggle", () => { if ($("overview").open) matrix(); draw(false); });
    let waiting = false;
    const later = () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; draw(false); });
    };
    window.addEventListener("scroll", later, {passive: true});
    window.addEventListener("resize", () => { layout(); draw(true); });
    window.addEventListener("hashchange", fromHash);
  };

  // #case=…&client=… opens that case.
  const fromHash = () => {
    const wanted = new URLSearchParams(location.hash.slice(1));
    if (!wanted.has("case")) return;
    const place = shown.findIndex((i) => S(data.cases.name[i]) === wanted.get("case"));
    if (place < 0) return;
    const client = data.clients.findIndex((one) => one.name === wanted.get("client"));
    select(place, client < 0 ? undefined : client);
    open();
  };

  const start = async () => {
    if (typeof DecompressionStream === "undefined") throw new Error("this browser is too old: it cannot unpack the report");
    data = await unpack("index");
    clients = data.clients.length;
    total = data.cases.name.length;
    prepare();
    head();
    columns();
    selects();
    listen();
    if (window.innerWidth > 640 && clients > 1) $("overview").open = true;
    apply();
    fromHash();
    document.documentElement.dataset.ready = "true";
  };
  start().catch((error) => { $("judgement").textContent = `This report cannot be shown: ${error.message}`; throw error; });
})();
