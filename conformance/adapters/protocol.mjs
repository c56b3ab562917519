// The adapter protocol (docs/adapter-protocol.md) for SDKs that chat: everything but the call of the SDK itself.
//
//   serve({ package: 'openai', capabilities: [...], chat: async ({ base, key, model, messages, signal, say }) => {...} });
//
// `chat` calls say(text) for each piece and lets the SDK's own error escape; the result says what that error says, no more.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const packages = process.env.ASSAY_PACKAGES;
if (!packages) {
  console.error('ASSAY_PACKAGES must name the node_modules folder of the SDK');
  process.exit(2);
}

const manifest = (name) => JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8'));

// Adapters live beside the cases and packages in a cache, so the module is found by its manifest.
export function load(name) {
  const { exports, module, main } = manifest(name);
  const pick = (entry) => (!entry || typeof entry === 'string' ? entry : pick(entry['.'] ?? entry.node ?? entry.import ?? entry.default));
  return import(pathToFileURL(join(packages, name, pick(exports) ?? module ?? main)).href);
}

const started = performance.now();
function write(seq, answer) {
  const t_us = Math.round((performance.now() - started) * 1000);
  process.stdout.write(JSON.stringify({ seq, t_us, ...answer }) + '\n');
}

const open = new Map(); // seq → AbortController

async function answer(request, chat) {
  const { seq, urls, credential, provider } = request;
  if (!credential?.key) return write(seq, { skipped: { reason: 'an SDK has no store: the request must bring a credential' } });
  const stop = new AbortController();
  open.set(seq, stop);
  let text = '';
  let late = false;
  const timer = setTimeout(() => { late = true; stop.abort(); }, request.deadline_ms ?? 30000);
  const say = (piece) => {
    if (!piece) return;
    text += piece;
    write(seq, { event: { kind: 'text', text: piece } });
  };
  try {
    await chat({ base: urls.inference, key: credential.key, model: request.model ?? provider.seeds?.[0] ?? 'default', signal: stop.signal, say,
                 messages: request.messages ?? [{ role: 'user', content: 'ping' }] });
    // Some SDKs end their iterator without a word when they are aborted.
    if (stop.signal.aborted) throw new Error(late ? 'no end before the deadline' : 'cancelled');
    write(seq, { result: { ok: true, text } });
  } catch (error) {
    const told = { message: String(error?.message ?? error) };
    const status = error?.status ?? error?.statusCode;
    if (Number.isInteger(status)) told.status = status;
    if (stop.signal.aborted) told.category = late ? 'timeout' : 'cancelled';
    write(seq, { result: { ok: false, text, error: told } });
  } finally {
    clearTimeout(timer);
    open.delete(seq);
  }
}

export function serve({ name, capabilities, chat }) {
  process.stdout.write(JSON.stringify({ hello: { protocol: [1], client: name, version: manifest(name).version, role: 'provider', capabilities } }) + '\n');
  const leave = () => { for (const stop of open.values()) stop.abort(); process.exit(0); };
  createInterface({ input: process.stdin }).on('line', (line) => {
    if (!line) return;
    const request = JSON.parse(line);
    const { seq, op } = request;
    if (op === 'chat') return void answer(request, chat);
    if (op === 'cancel') {
      const target = open.get(request.target);
      target?.abort();
      return write(seq, { result: { ok: true, cancelled: Boolean(target) } });
    }
    if (op !== 'shutdown') return write(seq, { skipped: { reason: `an SDK has no ${op}` } });
    write(seq, { result: { ok: true } });
    leave();
  }).on('close', leave);
}
