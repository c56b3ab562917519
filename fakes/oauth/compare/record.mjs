// Plays scenarios.json to oidc-provider, a certified OpenID Connect implementation from npm, and writes how it answered to
// oidc-provider.json. Run by hand when scenarios or versions change: node fakes/oauth/compare/record.mjs
import fs from 'node:fs';
import path from 'node:path';
import { VERSION, start } from './provider.mjs';

const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const { origin, stop } = await start();

const metadata = await (await fetch(`${origin}/.well-known/openid-configuration`)).json();
const endpoint = (name) => (name === 'metadata' ? `${origin}/.well-known/openid-configuration` : metadata[`${name}_endpoint`]);

const fill = (value, saved) => JSON.parse(JSON.stringify(value), (key, v) => (typeof v === 'string' ? v.replace(/\$\{(\w+)\}/g, (all, name) => saved[name] ?? all) : v));

// The answer to an authorization request, after whatever pages lie between.
async function authorize(query) {
  let url = `${endpoint('authorization')}?${new URLSearchParams(query)}`;
  const jar = new Map();
  for (let hop = 0; hop < 10; ++hop) {
    const response = await fetch(url, { redirect: 'manual', headers: { cookie: [...jar].map(([k, v]) => `${k}=${v}`).join('; '), accept: 'text/html' } });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      if (value) jar.set(name, value);
      else jar.delete(name);
    }
    const location = response.headers.get('location');
    if (!location) return { kind: 'page', status: response.status };
    const to = new URL(location, origin);
    if (to.origin === origin) {
      url = to.href;
      continue;
    }
    const delivery = to.hash ? 'fragment' : 'query';
    const parameters = Object.fromEntries(new URLSearchParams(delivery === 'fragment' ? to.hash.slice(1) : to.search));
    return { kind: 'redirect', to: to.origin + to.pathname, delivery, parameters };
  }
  throw new Error('too many redirects');
}

const outcome = async (response) => {
  const text = await response.text();
  let body = null;
  try { body = JSON.parse(text); } catch { /* no JSON: the type below says so */ }
  return { status: response.status, body, noStore: /no-store/.test(response.headers.get('cache-control') ?? ''), challenge: response.headers.has('www-authenticate') };
};

async function play(step, saved) {
  if (step.authorize) {
    const { parameters, ...rest } = await authorize(fill(step.authorize, saved));
    for (const [name, field] of Object.entries(step.save ?? {})) saved[name] = parameters?.[field] ?? 'nothing';
    return parameters ? { ...rest, parameters: Object.keys(parameters).filter((k) => k !== 'error_description').sort(), error: parameters.error ?? '', state: parameters.state ?? '' } : rest;
  }
  const headers = fill(step.headers ?? {}, saved);
  let body;
  if (step.json) { headers['content-type'] = 'application/json'; body = JSON.stringify(fill(step.json, saved)); }
  if (step.form) { headers['content-type'] = 'application/x-www-form-urlencoded'; body = new URLSearchParams(fill(step.form, saved)).toString(); }
  const got = await outcome(await fetch(endpoint(step.post ?? step.get), { method: step.get ? 'GET' : 'POST', headers, body }));
  for (const [name, field] of Object.entries(step.save ?? {})) saved[name] = got.body?.[field] ?? 'nothing';
  const answer = { status: got.status, error: got.body?.error ?? '', no_store: got.noStore, challenge: got.challenge };
  if (got.status < 300) answer.fields = Object.keys(got.body ?? {}).sort();
  return answer;
}

const { scenarios } = JSON.parse(fs.readFileSync(path.join(here, 'scenarios.json')));
const lines = [];
for (const { scenario, steps } of scenarios) {
  const saved = {};
  for (const step of steps) lines.push(`  ${JSON.stringify(`${scenario}/${step.step}`)}: ${JSON.stringify(await play(step, saved))}`);
}
fs.writeFileSync(path.join(here, 'oidc-provider.json'), `{"about": "How oidc-provider ${VERSION} answered scenarios.json; written by record.mjs.",\n "answers": {\n${lines.join(',\n')}\n}}\n`);
stop();
console.log(`${lines.length} answers of oidc-provider ${VERSION}`);
