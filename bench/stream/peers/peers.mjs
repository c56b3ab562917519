// One JavaScript contestant on one corpus: peers.mjs CONTESTANT CORPUS_FILE CORPUS_NAME READ ROUNDS
// Prints one row {"corpus", "contestant", "read", "gb_per_s", "bytes", "sum"}: CPU time of this process, the median
// round, and the checksum of the decoded text that every contestant must agree on.
import { readFileSync } from 'node:fs';

const [contestant, file, corpus, readText, roundsText] = process.argv.slice(2);
const read = Number(readText);
const bytes = readFileSync(file);

function* reads() {
  for (let at = 0; at < bytes.length; at += read) yield bytes.subarray(at, at + read);
}

function body() {
  const source = reads();
  return new ReadableStream({
    pull(controller) {
      const { value, done } = source.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

const answer = async () => new Response(body(), { headers: { 'content-type': 'text/event-stream' } });

function textOf(event) {
  if (corpus === 'messages') {
    const delta = event.type === 'content_block_delta' ? event.delta : {};
    return delta.text ?? delta.thinking ?? delta.partial_json ?? '';
  }
  if (corpus === 'responses') return event.type?.endsWith('.delta') ? event.delta : '';
  let text = '';
  for (const choice of event.choices ?? []) {
    text += (choice.delta.content ?? '') + (choice.delta.reasoning_content ?? '');
    for (const call of choice.delta.tool_calls ?? []) text += call.function?.arguments ?? '';
  }
  return text;
}

const contestants = {
  'eventsource-parser + JSON.parse': async () => {
    const { createParser } = await import('eventsource-parser');
    const parts = [];
    const parser = createParser({
      onEvent(event) {
        if (event.data !== '[DONE]') parts.push(textOf(JSON.parse(event.data)));
      },
    });
    const decoder = new TextDecoder();
    for (const piece of reads()) parser.feed(decoder.decode(piece, { stream: true }));
    return parts;
  },
  'openai SDK': async () => {
    const { default: OpenAI } = await import('openai');
    const client = new OpenAI({ apiKey: 'x', fetch: answer, maxRetries: 0 });
    const stream =
      corpus === 'responses'
        ? await client.responses.create({ model: 'm', input: 'x', stream: true })
        : await client.chat.completions.create({ model: 'm', messages: [], stream: true });
    const parts = [];
    for await (const event of stream) parts.push(textOf(event));
    return parts;
  },
  '@anthropic-ai/sdk': async () => {
    const { default: Anthropic } = await import('@anthropic-ai/sdk');
    const client = new Anthropic({ apiKey: 'x', fetch: answer, maxRetries: 0 });
    const stream = await client.messages.create({ model: 'm', max_tokens: 1, messages: [], stream: true });
    const parts = [];
    for await (const event of stream) parts.push(textOf(event));
    return parts;
  },
  '@ai-sdk/openai-compatible': async () => {
    const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
    const model = createOpenAICompatible({ name: 'x', baseURL: 'http://x', fetch: answer }).chatModel('m');
    const { stream } = await model.doStream({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] });
    const parts = [];
    for await (const part of stream)
      if (['text-delta', 'reasoning-delta', 'tool-input-delta'].includes(part.type)) parts.push(part.delta);
    return parts;
  },
};

const speeds = [];
let checksum;
for (let round = 0; round < Number(roundsText); ++round) {
  const before = process.cpuUsage();
  const text = Buffer.from((await contestants[contestant]()).join(''));
  let sum = 0;
  for (const byte of text) sum += byte;
  const used = process.cpuUsage(before);
  checksum = { bytes: text.length, sum };
  speeds.push((bytes.length * 1e-9) / ((used.user + used.system) * 1e-6));
}
speeds.sort((a, b) => a - b);
console.log(
  JSON.stringify({ corpus, contestant, read, gb_per_s: speeds[Math.floor(speeds.length / 2)], ...checksum }),
);
