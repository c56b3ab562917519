// @anthropic-ai/sdk: `anthropic.mjs raw` joins the raw events as the API's guide does, `anthropic.mjs helper` uses messages.stream(),
// `anthropic.mjs with-response` looks at its HTTP response first.
import { load, serve } from './protocol.mjs';

const { default: Anthropic } = await load('@anthropic-ai/sdk');
const helper = process.argv[2] !== 'raw', withResponse = process.argv[2] === 'with-response';

// Joins raw events into a message.
function take(message, event) {
  if (event.type === 'message_start') return { ...event.message };
  const block = message?.content[event.index];
  if (event.type === 'content_block_start') message.content[event.index] = { ...event.content_block };
  if (event.type === 'content_block_delta') {
    const { delta } = event;
    if (delta.type === 'text_delta') block.text += delta.text;
    if (delta.type === 'thinking_delta') block.thinking += delta.thinking;
    if (delta.type === 'signature_delta') block.signature = delta.signature;
    if (delta.type === 'input_json_delta') block.json = (block.json ?? '') + delta.partial_json;
  }
  if (event.type === 'message_delta') {
    message.stop_reason = event.delta.stop_reason;
    message.stop_details = event.delta.stop_details;
    message.usage = { ...message.usage, ...event.usage };
  }
  return message;
}

serve({
  package: '@anthropic-ai/sdk',
  protocol: 'anthropic',
  can: ['stream', 'tools', 'reasoning'],
  reports: ['reasoning', 'tool_calls', 'executed', 'finish_reason', 'finish_details', 'usage', 'error.status'],
  connect: ({ base, key }) => new Anthropic({ apiKey: key, baseURL: base.replace(/\/v1\/?$/, '') }),
  models: async (client) => { const ids = []; for await (const one of client.models.list()) ids.push(one.id); return ids; },
  tool: ({ name, description, parameters }) => ({ name, description, input_schema: parameters }),
  result: (call, content, is_error) => ({ role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content, ...(is_error && { is_error }) }] }),
  async turn(client, { model, messages, tools, params, stream, signal, text, reasoning }) {
    const system = messages.filter((one) => one.role === 'system').map((one) => one.content).join('\n');
    const body = { model, max_tokens: 4096, messages: merged(messages.filter((one) => one.role !== 'system')), ...(system && { system }), ...(tools.length && { tools }), ...params };
    let message;
    if (!stream) {
      message = await client.messages.create(body, { signal });
      for (const block of message.content ?? []) { text(block.text); reasoning(block.thinking); }
    } else if (helper) {
      const run = client.messages.stream(body, { signal });
      run.on('text', (piece) => text(piece));
      run.on('thinking', (piece) => reasoning(piece));
      if (withResponse) await run.withResponse();
      message = await run.finalMessage();
    } else {
      for await (const event of await client.messages.create({ ...body, stream: true }, { signal })) {
        message = take(message, event);
        if (event.type === 'content_block_delta') { text(event.delta.text); reasoning(event.delta.thinking); }
      }
    }
    if (!message?.content) return { finish: null };  // the package hands over any JSON as a message
    const calls = message.content.filter((block) => block?.type === 'tool_use').map((block) => ({ id: block.id, name: block.name, arguments: block.json ?? block.input }));
    const content = message.content.filter(Boolean).map(({ json, ...block }) => (json === undefined ? block : { ...block, input: objectOf(json) }));
    const { usage } = message;
    return { add: { role: 'assistant', content }, calls, finish: message.stop_reason, details: message.stop_details, usage: usage && { input: usage.input_tokens, output: usage.output_tokens, cached: usage.cache_read_input_tokens, reasoning: usage.output_tokens_details?.thinking_tokens } };
  },
});

function objectOf(json) {
  try { return JSON.parse(json || '{}'); } catch { return {}; }
}

// Results of parallel calls belong into one message.
function merged(messages) {
  const out = [];
  for (const one of messages) {
    const last = out.at(-1);
    if (Array.isArray(one.content) && one.role === 'user' && Array.isArray(last?.content) && last.role === 'user') last.content.push(...one.content);
    else out.push({ ...one, content: Array.isArray(one.content) ? [...one.content] : one.content });
  }
  return out;
}
