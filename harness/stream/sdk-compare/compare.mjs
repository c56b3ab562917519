// What an official SDK hears in recorded streams, beside what `assay decode` hears.
//
//   compare.mjs BODIES.jsonl ASSAY_PROGRAM
//
// BODIES.jsonl is written by bench/stream/corpus_bodies.py. Each streaming answer with status 200 goes through the SDK
// of its protocol (openai for chat, completions and responses, @anthropic-ai/sdk, @google/genai) by a fetch that never leaves the
// process. Text, tool calls and finish reason must be the same. Prints every disagreement, then counts.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import OpenAI from 'openai';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';

const [bodiesFile, assay] = process.argv.slice(2);
let current = null;
const fetch = async () => new Response(current, { headers: { 'content-type': 'text/event-stream' } });
globalThis.fetch = fetch;
const openai = new OpenAI({ apiKey: 'x', maxRetries: 0, fetch });
const anthropic = new Anthropic({ apiKey: 'x', maxRetries: 0, fetch });
const google = new GoogleGenAI({ apiKey: 'x' });

const sdks = {
  'openai-chat': async () => {
    const heard = { text: '', calls: [], finish: '' };
    const byIndex = new Map();
    for await (const chunk of await openai.chat.completions.create({ model: 'm', messages: [], stream: true })) {
      const choice = chunk.choices?.find((one) => (one.index ?? 0) === 0);
      if (!choice) continue;
      if (typeof choice.delta?.content === 'string') heard.text += choice.delta.content;
      for (const call of choice.delta?.tool_calls ?? []) {
        if (!byIndex.has(call.index)) byIndex.set(call.index, { name: '', arguments: '' });
        const known = byIndex.get(call.index);
        known.name ||= call.function?.name ?? '';
        known.arguments += call.function?.arguments ?? '';
      }
      heard.finish = choice.finish_reason ?? heard.finish;
    }
    heard.calls = [...byIndex.values()];
    return heard;
  },
  'gemini-interactions': async () => {
    const heard = { text: '', calls: [], finish: '' };
    for await (const event of await google.interactions.create({ model: 'm', input: 'x', stream: true })) {
      if (event.step?.type === 'function_call') heard.calls.push({ name: event.step.name, arguments: '' });
      if (event.delta?.type === 'text') heard.text += event.delta.text;
      if (event.delta?.type === 'arguments_delta') heard.calls.at(-1).arguments += event.delta.arguments;
      if (event.event_type === 'interaction.completed') heard.finish = event.interaction.status;
    }
    return heard;
  },
  // Legacy completions: the decoder reads them as chat.
  completions: async () => {
    const heard = { text: '', calls: [], finish: '' };
    for await (const chunk of await openai.completions.create({ model: 'm', prompt: 'x', stream: true })) {
      const choice = chunk.choices?.find((one) => (one.index ?? 0) === 0);
      heard.text += choice?.text ?? '';
      heard.finish = choice?.finish_reason ?? heard.finish;
    }
    return heard;
  },
  'openai-responses': async () => {
    const response = await openai.responses.stream({ model: 'm', input: 'x' }).finalResponse();
    return {
      text: response.output
        .filter((item) => item.type === 'message')
        .flatMap((item) => item.content)
        .map((part) => part.text ?? '')
        .join(''),
      calls: response.output
        .filter((item) => item.type === 'function_call' || item.type === 'custom_tool_call')
        .map((item) => ({ name: item.name, arguments: item.arguments ?? item.input })),
      finish: response.incomplete_details?.reason ?? response.status,
    };
  },
  anthropic: async () => {
    const message = await anthropic.messages.stream({ model: 'm', max_tokens: 1, messages: [] }).finalMessage();
    return {
      text: message.content
        .filter((block) => block.type === 'text')
        .map((block) => block.text)
        .join(''),
      calls: message.content
        .filter((block) => block.type === 'tool_use')
        .map((block) => ({ name: block.name, arguments: JSON.stringify(block.input) })),
      finish: message.stop_reason,
    };
  },
  gemini: async () => {
    const heard = { text: '', calls: [], finish: '' };
    for await (const chunk of await google.models.generateContentStream({ model: 'm', contents: 'x' })) {
      const candidate = chunk.candidates?.[0];
      for (const part of candidate?.content?.parts ?? []) {
        if (part.functionCall)
          heard.calls.push({ name: part.functionCall.name, arguments: JSON.stringify(part.functionCall.args ?? {}) });
        else if (!part.thought) heard.text += part.text ?? '';
      }
      heard.finish = candidate?.finishReason ?? chunk.promptFeedback?.blockReason ?? heard.finish;
    }
    return heard;
  },
};

function ours(protocol) {
  const run = spawnSync(assay, ['decode', '-', '--protocol', protocol], { input: current, maxBuffer: 1 << 28 });
  const turn = JSON.parse(run.stdout.toString());
  const blocks = turn.content.filter((block) => !block.choice);
  return {
    text: blocks.map((block) => block.text ?? '').join(''),
    calls: blocks.filter((block) => block.tool_call).map((block) => block.tool_call),
    finish: turn.finish_raw ?? '',
    error: turn.error?.message,
  };
}

// The stream as its provider sent it, where a recorder dropped the framing; null where no SDK reads this form.
function as_stream(body) {
  const text = body.toString('latin1');
  const first = text.trimStart()[0];
  if (first !== '{' && first !== '[')
    return /\r?\n\r?\n$/.test(text) ? body : Buffer.concat([body, Buffer.from('\n\n')]);
  const lines = body.toString('utf8').split('\n').filter((line) => line.trim());
  if (first === '[' || !lines.every((line) => line.startsWith('{') && line.trimEnd().endsWith('}'))) return null;
  // Anthropic's SDK reads only events that are named as their type.
  const name = (line) => {
    const { type, event_type } = JSON.parse(line);
    return (type ?? event_type) ? `event: ${type ?? event_type}\n` : '';
  };
  try {
    return Buffer.from(lines.map((line) => `${name(line)}data: ${line}\n\n`).join(''));
  } catch {
    return null; // the recording itself is no JSON
  }
}

const canonical = (text) => {
  try {
    return JSON.stringify(JSON.parse(text || '{}'));
  } catch {
    return text;
  }
};
const parts = (heard) => ({
  text: heard.text,
  calls: JSON.stringify(heard.calls.map((call) => [call.name, canonical(call.arguments)])),
  finish: heard.finish ?? '',
});

const counts = {};
function count(protocol, what) {
  counts[protocol] ??= { same: 0, different: 0, 'both report an error': 0, 'SDK refuses': 0 };
  counts[protocol][what] += 1;
}

for (const line of readFileSync(bodiesFile, 'utf8').split('\n').filter(Boolean)) {
  const row = JSON.parse(line);
  if (!row.streaming || !sdks[row.protocol] || ![200, null].includes(row.status)) continue;
  current = as_stream(Buffer.from(row.body, 'base64'));
  if (!current) continue;
  const name = `${row.protocol} ${row.file}#${row.n}`;
  const mine = ours(row.protocol);
  let theirs;
  try {
    theirs = await sdks[/"object": ?"text_completion"/.test(current) ? 'completions' : row.protocol]();
  } catch (problem) {
    count(row.protocol, mine.error === undefined ? 'SDK refuses' : 'both report an error');
    if (mine.error === undefined) console.log(`${name}: SDK refuses: ${String(problem.message).slice(0, 120)}`);
    continue;
  }
  const [a, b] = [parts(mine), parts(theirs)];
  const differing = Object.keys(a).filter((key) => a[key] !== b[key]);
  count(row.protocol, differing.length ? 'different' : 'same');
  for (const key of differing)
    console.log(`${name}: ${key}: assay ${a[key].slice(0, 150)} | SDK ${b[key].slice(0, 150)}`);
}
for (const [protocol, numbers] of Object.entries(counts)) console.log(protocol, JSON.stringify(numbers));
