// The adapter protocol (docs/adapter-protocol.md) for clients written in JavaScript: everything but the calls of
// the SDK. Copy this file beside an adapter of your own; docs/clients.md walks through one.
//
//   serve({
//     package: '@anthropic-ai/sdk',                      // whose version the hello gives
//     protocol: 'anthropic',                             // what it speaks to the provider
//     can: ['stream', 'tools', 'cancel', 'models'],      // capabilities beside chat
//     reports: ['usage', ...],                           // what a caller of this SDK gets to know, beside text
//     connect: ({ origin, base, key }) => client,        // once for each provider and key
//     tool: ({ name, description, parameters }) => ...,  // a tool as the SDK wants it declared
//     result: (call, text, failed) => ...,               // the message that answers a call
//     turn: async (client, ask) => ({ add, calls, finish, usage }),
//     models: async (client) => ['id', ...],
//   });
//
// `turn` sends one request through the SDK. `ask` has model, messages (the conversation in the SDK's own form),
// system (text of system messages, for SDKs that take it apart), tools, params, stream, signal, and what to call
// while the answer comes: text(piece), reasoning(piece), and frame({data, event, id}) where it is a parser. It gives back `add`, the messages that the SDK made of
// the answer and wants to see again; `calls`, [{id, name, arguments}], arguments an object or JSON text;
// `finish`, the provider's word for why it ended, null when the SDK gave none; `details`, what it says beside it; `usage`, {input, output,
// reasoning, cached}. Errors are left to escape: what the SDK throws is what is judged.
//
// Where its errors tell more than `message`, `error: (error) => ({ message })` gives what a caller who prints them reads.
//
// An SDK that runs tools itself gives every tool run(name, args, id) as its function (second argument of `tool`),
// calls ask.again() when it asks once more, and gives back no calls.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const packages = process.env.ASSAY_PACKAGES;
if (!packages) {
  process.stderr.write('ASSAY_PACKAGES must name the node_modules folder of the SDK\n');
  process.exit(2);
}

// stdout belongs to the protocol: what an SDK prints goes to stderr.
const toRunner = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);
globalThis.console = new console.Console(process.stderr, process.stderr);

export const manifest = (name) => JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8'));

// Imports `name` ("ai", "@langchain/core/messages") from ASSAY_PACKAGES, by the same entry as `import` would.
export function load(name) {
  const parts = name.split('/');
  const root = parts.splice(0, name.startsWith('@') ? 2 : 1).join('/');
  const { exports, main } = manifest(root);
  const pick = (entry) => {
    if (!entry || typeof entry === 'string') return entry;
    if (Array.isArray(entry)) return entry.map(pick).find(Boolean);
    for (const [condition, value] of Object.entries(entry)) {
      const found = ['node', 'import', 'default'].includes(condition) && pick(value);
      if (found) return found;
    }
  };
  const path = ['.', ...parts].join('/');
  let file = parts.length ? pick(exports?.[path]) : typeof exports === 'object' && !exports['.'] ? pick(exports) : pick(exports?.['.'] ?? exports);
  if (!file && parts.length) {
    for (const [pattern, value] of Object.entries(exports ?? {})) {
      const [before, after] = pattern.split('*');
      if (after === undefined || !path.startsWith(before) || !path.endsWith(after)) continue;
      file = pick(value)?.replaceAll('*', path.slice(before.length, path.length - after.length));
    }
  }
  file ??= parts.length ? parts.join('/') : main ?? 'index.js';
  return import(pathToFileURL(join(packages, root, file)).href);
}

const HARMLESS = [{ name: 'lookup', description: 'Looks a path up and changes nothing.',
                    parameters: { type: 'object', properties: { path: { type: 'string' }, query: { type: 'string' }, limit: { type: 'number' } } } }];
const MAX_ROUNDS = 8;

// Providers' words for the end of an answer → the protocol's.
const FINISH = Object.fromEntries(Object.entries({
  stop: 'stop end_turn stop_sequence completed complete load unload pause_turn',
  length: 'length max_tokens max_output_tokens model_context_window_exceeded incomplete',
  tool_calls: 'tool_calls tool_use function_call tool_call',
  content_filter: 'content_filter safety recitation blocklist prohibited_content spii image_safety guardrail_intervened content_filtered error_toxic',
  refusal: 'refusal',
}).flatMap(([to, words]) => words.split(' ').map((word) => [word, to])));
export const finishReason = (word, calls) => {
  if (word === null || word === undefined || word === '') return null;
  const known = FINISH[String(word).toLowerCase().replaceAll('-', '_')] ?? 'other';
  return known === 'stop' && calls.length ? 'tool_calls' : known;  // Gemini and Ollama have one word for both
};

// Arguments of a call as an object; text that is no JSON stays text.
export function parsed(args) {
  if (typeof args !== 'string') return args ?? {};
  if (!args.trim()) return {};
  try { return JSON.parse(args); } catch { return args; }
}

// What an error says, and no more: no category is guessed.
export function told(error) {
  const out = { message: String(error?.message ?? error) };
  const status = error?.status ?? error?.statusCode ?? error?.$metadata?.httpStatusCode ?? error?.lastError?.statusCode;
  if (Number.isInteger(status)) out.status = status;
  const code = error?.code ?? error?.error?.code ?? error?.error?.error?.code;
  if (typeof code === 'string') out.code = code;
  return out;
}

const started = performance.now();
const micros = () => Math.round((performance.now() - started) * 1000);
// Half of a character, as it comes when an escape is split over two pieces, is no JSON text for others.
const wellFormed = (_, value) => (typeof value === 'string' ? value.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd') : value);
const write = (line) => toRunner(JSON.stringify(line, wellFormed) + '\n');

export function serve(sdk) {
  const open = new Map();      // seq → stop(category)
  const sessions = new Map();  // name → {messages, request, pending}
  const clients = new Map();   // provider and key → client
  const message = sdk.message ?? ((one) => one);

  function clientOf(request) {
    const { provider = {}, urls = {}, credential } = request;
    const origin = urls.inference;
    const base = request.base_url ?? origin + (provider.api_base_path ?? '/v1');
    const id = JSON.stringify([base, credential]);
    if (!clients.has(id)) clients.set(id, sdk.connect({ origin: request.base_url ?? origin, base, key: credential.key, credential, provider }));
    return clients.get(id);
  }

  // One operation: `work(ask)` fills `result`; an error becomes result.error beside what was filled in before.
  async function operate(request, result, work) {
    const { seq } = request;
    if (!request.credential) return write({ seq, t_us: micros(), skipped: { reason: 'this client keeps no keys: the request must bring a credential' } });
    const abort = new AbortController();
    let ended;  // the category, once we ended it ourselves
    const stop = (category) => { ended ??= category; abort.abort(); };
    open.set(seq, stop);
    const timer = setTimeout(() => stop('timeout'), request.deadline_ms ?? 30000);
    const aborted = new Promise((_, reject) => abort.signal.addEventListener('abort', () => setTimeout(() => reject(new Error('the SDK went on after it was aborted')), 1500)));
    aborted.catch(() => {});
    try {
      // Some SDKs do not heed the signal, others end as if all were well.
      await Promise.race([work(abort.signal), aborted]);
      if (ended) throw new Error(ended === 'timeout' ? 'no answer before the deadline' : 'cancelled');
      result.ok = true;
    } catch (error) {
      if (process.env.ASSAY_ADAPTER_TRACE) console.error(error);
      result.ok = false;
      result.error = { ...told(error), ...sdk.error?.(error), ...(ended && { category: ended }) };
    } finally {
      clearTimeout(timer);
      open.delete(seq);
      write({ seq, t_us: micros(), result });
    }
  }

  function chat(request) {
    const { seq } = request;
    const name = request.session;
    const before = sessions.get(name);
    const session = before ?? { messages: [], pending: [] };
    if (request.op === 'tool_results' && !before) return write({ seq, t_us: micros(), errored: { message: `no session "${name}" waits for tool results` } });
    const all = { ...session.request, ...request };
    session.request = { ...all, results: undefined };
    if (name) sessions.set(name, session);
    const say = (event) => write({ seq, t_us: micros(), event });
    const result = { text: '', reasoning: '', tool_calls: [], executed: [], finish_reason: null, usage: null };
    return operate(all, result, async (signal) => {
      const given = request.op === 'chat' ? request.messages ?? [{ role: 'user', content: 'ping' }] : request.messages ?? [];
      session.messages.push(...given.map(message).flat());
      for (const { id, content, is_error } of request.results ?? []) {
        const call = session.pending.find((one) => one.id === id) ?? { id };
        session.messages.push(sdk.result(call, content, is_error ?? false));
      }
      session.pending = [];
      const tools = (all.tools === 'harmless' ? HARMLESS : all.tools ?? []);
      const run = (tool, args, id = '') => {
        result.executed.push({ id, name: tool, arguments: parsed(args) });
        return '{"ok":true}';
      };
      const ask = {
        model: all.model ?? all.provider?.seeds?.[0] ?? 'default', params: all.params ?? {}, stream: all.stream ?? true, signal, run, session,
        messages: session.messages, maxRounds: MAX_ROUNDS,
        tools: tools.map((tool) => (sdk.tool ?? ((one) => one))(tool, run)),
        again() { result.text = result.reasoning = ''; },
        text(piece) { if (piece) { result.text += piece; say({ kind: 'text', text: piece }); } },
        frame(event) { if (all.frames && (result.frames ??= []).length < 16) result.frames.push(event); },
        reasoning(piece) { if (piece) { result.reasoning += piece; say({ kind: 'reasoning', text: piece }); } },
      };
      const client = clientOf(all);
      for (let round = 1; ; ++round) {
        ask.again();
        const { add = [], calls = [], finish, details, usage } = await sdk.turn(client, ask);
        session.messages.push(...[add].flat());
        result.tool_calls = calls.map((call) => ({ id: call.id ?? '', name: call.name, arguments: parsed(call.arguments) }));
        result.finish_reason = finishReason(finish, calls);
        if (details !== undefined) result.finish_details = details;
        result.usage = usage ?? null;
        if (!calls.length || signal.aborted) return;
        if (all.tool_mode === 'report') { session.pending = calls; return; }
        if (round > MAX_ROUNDS) return;
        // An answer that the provider cut short is not acted on.
        if (['length', 'content_filter', 'refusal'].includes(result.finish_reason)) return;
        for (const [at, call] of calls.entries()) {
          const args = result.tool_calls[at].arguments;
          const known = tools.some((tool) => tool.name === call.name);
          const whole = args !== null && typeof args === 'object' && !Array.isArray(args);
          const answer = whole && known ? run(call.name, args, call.id ?? '') : JSON.stringify({ error: known ? 'the arguments are not a JSON object' : `there is no tool ${call.name}` });
          session.messages.push(sdk.result(call, answer, !(whole && known)));
        }
        if (all.stop === 'after-tools') return;
      }
    });
  }

  const leave = () => {
    for (const stop of open.values()) stop('cancelled');
    toRunner('', () => process.exit(0));
  };
  function take(request) {
    const { seq, op } = request;
    if (op === 'chat' || op === 'tool_results') return void chat(request);
    if (op === 'models' && sdk.models) {
      const result = { source: 'live' };
      request.credential ??= { kind: 'api_key', key: 'none' };  // a list may be public; SDKs want a key all the same
      return void operate(request, result, async (signal) => {
        result.ids = await sdk.models(clientOf(request), signal);
        result.models = result.ids.map((id) => ({ provider: request.provider?.id, id }));
      });
    }
    if (op === 'cancel') {
      const stop = open.get(request.target);
      stop?.('cancelled');
      return write({ seq, t_us: micros(), result: { ok: true, cancelled: Boolean(stop) } });
    }
    if (op !== 'shutdown') return write({ seq, t_us: micros(), skipped: { reason: `this client has no ${op}` } });
    write({ seq, t_us: micros(), result: { ok: true } });
    leave();
  }

  const can = ['chat', 'cancel', ...(sdk.can ?? []), ...(sdk.models ? ['models'] : []), ...[sdk.protocol].flat().map((one) => `protocol.${one}`),
               ...(sdk.params ?? ['temperature', 'top_p']).map((one) => `param.${one}`)];
  const reports = ['text', ...(can.includes('stream') ? ['deltas'] : []), ...(sdk.models ? ['models'] : []), 'error.message', ...(sdk.reports ?? [])];
  write({ hello: { protocol: [1], client: sdk.name ?? sdk.package, version: manifest(sdk.package).version, role: 'provider', capabilities: can, reports } });
  createInterface({ input: process.stdin }).on('line', (line) => {
    if (!line.trim()) return;
    const request = JSON.parse(line);
    try { take(request); } catch (error) { write({ seq: request.seq, t_us: micros(), errored: { message: String(error?.message ?? error) } }); }
  }).on('close', leave);
  process.on('unhandledRejection', (error) => { console.error(error); process.exit(1); });
}
