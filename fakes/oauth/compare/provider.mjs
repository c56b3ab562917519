// oidc-provider, a certified OpenID Connect implementation from npm, on loopback. The package goes into a cache outside the tree;
// nothing of it is used by the project otherwise than to compare with it and to record it.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

export const VERSION = '9.13.3';

async function load() {
  const cache = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'assay', `oidc-provider-${VERSION}`);
  const installed = path.join(cache, 'node_modules', 'oidc-provider');
  if (!fs.existsSync(installed)) {
    fs.mkdirSync(cache, { recursive: true });
    execFileSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', cache, `oidc-provider@${VERSION}`], { stdio: 'inherit' });
  }
  const entry = createRequire(path.join(installed, 'package.json')).resolve('./lib/index.js');
  return (await import(pathToFileURL(entry).href)).Provider;
}

// `pages`: its own forms for login and consent; without them whoever signs in is user-1 and consents.
export async function start({ port = 0, pages = false } = {}) {
  const Provider = await load();
  const server = http.createServer();
  await new Promise((done) => server.listen(port, '127.0.0.1', done));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const common = { grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'], response_types: ['code'] };
  const provider = new Provider(origin, {
    clients: [
      { client_id: 'native', application_type: 'native', token_endpoint_auth_method: 'none', redirect_uris: ['http://127.0.0.1/cb'], ...common },
      { client_id: 'other', application_type: 'native', token_endpoint_auth_method: 'none', redirect_uris: ['http://127.0.0.1/cb'], ...common },
      { client_id: 'web', client_secret: 'secret-of-web-0123456789', redirect_uris: ['https://web.example/cb'], ...common, grant_types: ['authorization_code', 'refresh_token'] },
    ],
    cookies: { keys: ['test'] },
    findAccount: (ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, email: 'user@example.com' }) }),
    claims: { openid: ['sub'], email: ['email'] },
    features: { devInteractions: { enabled: pages }, deviceFlow: { enabled: true }, revocation: { enabled: true }, registration: { enabled: true } },
    ...(pages ? {} : { interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` } }),
    // A refresh token for every grant, as most model providers give it; by default it takes offline_access with prompt=consent.
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
  });
  const callback = provider.callback();
  server.on('request', async (req, res) => {
    if (pages || !req.url.startsWith('/interaction/')) return callback(req, res);
    const { prompt, params } = await provider.interactionDetails(req, res);
    if (prompt.name === 'login') return provider.interactionFinished(req, res, { login: { accountId: 'user-1' } });
    const grant = new provider.Grant({ clientId: params.client_id, accountId: 'user-1' });
    grant.addOIDCScope('openid email offline_access');
    return provider.interactionFinished(req, res, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
  });
  const stop = () => { server.close(); server.closeAllConnections(); };
  return { origin, stop };
}
