// oidc-provider's login flows, for `assay record` to watch:
//   login.mjs serve PORT          the provider with its own pages, until stdin ends; prints its origin
//   login.mjs walk FLOW ORIGIN    walks login, denied or device, as a user and a native client do, through ORIGIN
import { createHash, randomBytes } from 'node:crypto';
import { VERSION, start } from './provider.mjs';

const REDIRECT = 'http://127.0.0.1:49152/cb';
const form = (fields) => ({ method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(fields).toString() });

function expect(what, got, wanted) {
  if (got !== wanted) throw new Error(`${what}: expected ${wanted}, found ${got}`);
}

class Walk {
  constructor(origin) {
    this.origin = origin;
    this.jar = new Map();
  }
  // The provider names its own origin in redirects and metadata; everything goes through ours.
  here(url) {
    const to = new URL(url, this.origin);
    return this.origin + to.pathname + to.search;
  }
  async api(path, options = {}) {
    const response = await fetch(this.here(path), options);
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
  }
  // One page of the browser, with its cookies; redirects within the provider are followed.
  async page(url, options = {}) {
    for (let hop = 0; hop < 10; ++hop) {
      const headers = { ...options.headers, cookie: [...this.jar].map(([k, v]) => `${k}=${v}`).join('; '), accept: 'text/html' };
      const response = await fetch(this.here(url), { ...options, headers, redirect: 'manual' });
      const text = await response.text();
      for (const cookie of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
        if (value) this.jar.set(name, value);
        else this.jar.delete(name);
      }
      const location = response.headers.get('location');
      if (!location) return { status: response.status, text };
      if (location.startsWith(REDIRECT)) return { back: new URL(location).searchParams };
      url = location;
      options = {};
    }
    throw new Error('too many redirects');
  }
  // Sends the form of a page: its hidden fields, and what the user types.
  submit(page, typed = {}) {
    const action = /action="([^"]+)"/.exec(page.text)[1];
    const hidden = Object.fromEntries([...page.text.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([tag]) => [/name="([^"]+)"/.exec(tag)[1], /value="([^"]*)"/.exec(tag)[1]]));
    return this.page(action, form({ ...hidden, ...typed }));
  }
  signIn(page) {
    return this.submit(page, { login: 'user-1', password: 'any' });
  }
  authorize(verifier, state) {
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const query = { response_type: 'code', client_id: 'native', redirect_uri: REDIRECT, scope: 'openid email offline_access', prompt: 'consent', state, code_challenge: challenge, code_challenge_method: 'S256' };
    return this.page(`/auth?${new URLSearchParams(query)}`);
  }
}

const flows = {
  async login(walk) {
    await walk.api('/.well-known/openid-configuration');
    const verifier = randomBytes(32).toString('base64url');
    const consent = await walk.signIn(await walk.authorize(verifier, 'S1'));
    const { back } = await walk.submit(consent);
    expect('state', back.get('state'), 'S1');
    const exchange = { grant_type: 'authorization_code', client_id: 'native', redirect_uri: REDIRECT, code: back.get('code') };
    expect('wrong verifier', (await walk.api('/token', form({ ...exchange, code_verifier: 'x'.repeat(43) }))).body.error, 'invalid_grant');
    const tokens = await walk.api('/token', form({ ...exchange, code_verifier: verifier }));
    expect('token', tokens.status, 200);
    expect('userinfo', (await walk.api('/me', { headers: { authorization: `Bearer ${tokens.body.access_token}` } })).body.sub, 'user-1');
    const refresh = { grant_type: 'refresh_token', client_id: 'native', refresh_token: tokens.body.refresh_token };
    expect('refresh', (await walk.api('/token', form(refresh))).status, 200);
    expect('refresh token used twice', (await walk.api('/token', form(refresh))).body.error, 'invalid_grant');
    expect('revocation', (await walk.api('/token/revocation', form({ client_id: 'native', token: tokens.body.access_token }))).status, 200);
  },
  async denied(walk) {
    const page = await walk.authorize(randomBytes(32).toString('base64url'), 'S2');
    const { back } = await walk.page(/href="([^"]*\/abort)"/.exec(page.text)[1]);
    expect('error', back.get('error'), 'access_denied');
  },
  async device(walk) {
    const { body } = await walk.api('/device/auth', form({ client_id: 'native', scope: 'openid offline_access', prompt: 'consent' }));
    const poll = () => walk.api('/token', form({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', client_id: 'native', device_code: body.device_code }));
    expect('first poll', (await poll()).body.error, 'authorization_pending');
    const confirm = await walk.submit(await walk.page(`/device?user_code=${body.user_code}`), { user_code: body.user_code });
    const login = /name="login"/.test(confirm.text) ? confirm : await walk.submit(confirm, { confirm: 'yes' });
    expect('device page', (await walk.submit(await walk.signIn(login))).status, 200);
    expect('last poll', (await poll()).status, 200);
  },
};

const [verb, first, origin] = process.argv.slice(2);
if (verb === 'serve') {
  const { origin: own, stop } = await start({ port: Number(first), pages: true });
  console.log(`${own} oidc-provider ${VERSION}`);
  process.stdin.on('end', stop).resume();
} else if (verb === 'walk' && flows[first] && origin) {
  await flows[first](new Walk(origin));
} else {
  console.error('usage: login.mjs serve PORT | walk login|denied|device ORIGIN');
  process.exit(2);
}
