// Parsers of event streams, under the few lines of chat that their users write: `sse.mjs eventsource-parser|fetch-event-source|sse.js`.
// What the parser gives is all that is looked at.
import { load, serve } from './protocol.mjs';

const which = process.argv[2] ?? 'eventsource-parser';
const packages = { 'eventsource-parser': 'eventsource-parser', 'fetch-event-source': '@microsoft/fetch-event-source', 'sse.js': 'sse.js' };

class HttpError extends Error {
  constructor(status, body) {
    super(`HTTP ${status}: ${body.slice(0, 200)}`);
    this.status = status;
  }
}

const readers = {
  async 'eventsource-parser'(url, init, heard) {
    const { createParser } = await load('eventsource-parser');
    const response = await fetch(url, init);
    if (!response.ok) throw new HttpError(response.status, await response.text());
    // Version 1 gives every event and reconnection time to one function, later ones take callbacks.
    const take = (event) => { if (event.data !== undefined) heard(event.data, event); };
    const parser = createParser.length === 1 && /onParse|onEvent/.test(String(createParser)) && String(createParser).includes('onParse') ? createParser(take) : createParser({ onEvent: take });
    const decoder = new TextDecoder();
    for await (const bytes of response.body) parser.feed(decoder.decode(bytes, { stream: true }));
  },
  async 'fetch-event-source'(url, init, heard) {
    globalThis.window ??= { fetch, setTimeout, clearTimeout };
    globalThis.document ??= { hidden: false, addEventListener() {}, removeEventListener() {} };
    const { fetchEventSource } = await load('@microsoft/fetch-event-source');
    await fetchEventSource(url, {
      ...init, openWhenHidden: true, onmessage: (event) => heard(event.data, event), onerror(error) { throw error; },
      async onopen(response) { if (!response.ok) throw new HttpError(response.status, await response.text()); },
    });
  },
  async 'sse.js'(url, init, heard) {
    const { SSE } = await load('sse.js');
    await new Promise((resolve, reject) => {
      const source = new SSE(url, { headers: init.headers, payload: init.body, method: 'POST', start: false, autoReconnect: false });
      source.addEventListener('message', (event) => { try { heard(event.data, event); } catch (error) { reject(error); source.close(); } });
      source.addEventListener('error', (event) => reject(event.responseCode ? new HttpError(event.responseCode, String(event.data ?? '')) : new Error(String(event.data ?? 'the stream failed'))));
      source.addEventListener('abort', () => reject(new Error('aborted')));
      source.addEventListener('readystatechange', (event) => { if (event.readyState === 2) resolve(); });
      init.signal.addEventListener('abort', () => source.close());
      source.stream();
    });
  },
};
if (which === 'sse.js') globalThis.XMLHttpRequest ??= (await load('xhr2')).default;

serve({
  package: packages[which],
  protocol: 'openai-chat',
  can: ['stream'],
  reports: ['finish_reason', 'frames', 'error.status'],
  connect: (where) => where,
  async turn({ base, key }, { model, messages, params, signal, text, frame }) {
    const message = { role: 'assistant', content: '' };
    let finish = null, ended = false;
    await readers[which](`${base}/chat/completions`, {
      method: 'POST', signal, headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` }, body: JSON.stringify({ model, messages, ...params, stream: true }),
    }, (data, { event, id }) => {
      frame({ data, ...(event && { event }), ...(id && { id }) });
      if (data === '[DONE]') ended = true;
      if (ended) return;
      const chunk = JSON.parse(data), [choice] = chunk.choices ?? [];
      if (chunk.error) throw new Error(chunk.error.message);
      text(choice?.delta?.content);
      message.content += choice?.delta?.content ?? '';
      finish = choice?.finish_reason ?? finish;
    });
    return { add: message, finish };
  },
});
