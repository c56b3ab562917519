// openai, the stream as it comes: `openai.mjs chat` uses chat completions, `openai.mjs responses` the Responses API; `chat-helper` and `responses-helper`
// use the package's stream helpers, `chat-loop` and `responses-loop` read those slowly, `azure` is Azure's client.
import { load, serve } from './protocol.mjs';

const { default: OpenAI, AzureOpenAI } = await load('openai');
const connect = ({ base, key }) => new OpenAI({ apiKey: key, baseURL: base });
const models = async (client) => { const ids = []; for await (const one of client.models.list()) ids.push(one.id); return ids; };
const can = ['stream', 'tools'];

const chat = {
  protocol: 'openai-chat', connect, models, can,
  reports: ['tool_calls', 'executed', 'finish_reason', 'usage', 'error.status', 'error.code'],
  params: ['temperature', 'top_p', 'max_tokens', 'reasoning_effort', 'stop', 'seed'],
  tool: (one) => ({ type: 'function', function: one }),
  result: (call, content) => ({ role: 'tool', tool_call_id: call.id, content }),
  open: (client, body, signal) => client.chat.completions.create({ ...body, stream: true, stream_options: { include_usage: true } }, { signal }),
  async turn(client, { model, messages, tools, params, stream, signal, text }) {
    const body = { model, messages, ...(tools.length && { tools }), ...params };
    let message = { role: 'assistant', content: '' }, finish = null, usage;
    if (stream) {
      // As the package's README and the API's guide do: pieces of a call are joined by their index, whatever it is; another id is another call.
      const calls = [], open = {};
      for await (const chunk of await (this.open ?? chat.open)(client, body, signal)) {
        if (chunk.usage) usage = chunk.usage;
        const choice = chunk.choices?.find(({ index }) => !index);
        if (!choice) continue;
        text(choice.delta?.refusal);
        if (choice.delta?.content) { message.content += choice.delta.content; text(choice.delta.content); }
        for (const piece of choice.delta?.tool_calls ?? []) {
          const call = open[piece.index];
          if (call && (!piece.id || piece.id === call.id)) call.function.arguments += piece.function?.arguments ?? '';
          else calls.push(open[piece.index] = { ...piece, function: { ...piece.function, arguments: piece.function?.arguments ?? '' } });
        }
        if (choice.finish_reason) finish = choice.finish_reason;
      }
      if (calls.length) message.tool_calls = calls.map(({ index, ...call }) => call);
    } else {
      const answer = await client.chat.completions.create(body, { signal });
      usage = answer.usage;
      if (!answer.choices?.[0]) return { finish, usage: chatUsage(usage) };
      ({ message, finish_reason: finish } = answer.choices[0]);
      text(message.content ?? message.refusal);
    }
    return { add: message, calls: chatCalls(message), finish, usage: chatUsage(usage) };
  },
};
export const chatCalls = (message) => (message.tool_calls ?? []).map((call) => ({ id: call.id, name: call.function?.name, arguments: call.function?.arguments }));
export const chatUsage = (usage) => usage && { input: usage.prompt_tokens, output: usage.completion_tokens, reasoning: usage.completion_tokens_details?.reasoning_tokens, cached: usage.prompt_tokens_details?.cached_tokens };

const responses = {
  protocol: 'openai-responses', connect, models, can: [...can, 'reasoning'],
  reports: ['reasoning', 'tool_calls', 'executed', 'finish_reason', 'usage', 'error.status', 'error.code'],
  tool: (one) => ({ type: 'function', strict: false, ...one }),
  result: (call, output) => ({ type: 'function_call_output', call_id: call.id, output }),
  open: (client, body, signal) => client.responses.create({ ...body, stream: true }, { signal }),
  async turn(client, { model, messages, tools, params, stream, signal, text, reasoning }) {
    const body = { model, input: messages, store: false, include: ['reasoning.encrypted_content'], ...(tools.length && { tools }), ...params };
    let answer;
    if (stream) {
      for await (const event of await (this.open ?? responses.open)(client, body, signal)) {
        if (event.type === 'response.output_text.delta' || event.type === 'response.refusal.delta') text(event.delta);
        if (event.type === 'response.reasoning_summary_text.delta' || event.type === 'response.reasoning_text.delta') reasoning(event.delta);
        if (event.type === 'response.completed' || event.type === 'response.incomplete' || event.type === 'response.failed') answer = event.response;
      }
    } else {
      answer = await client.responses.create(body, { signal });
      text(answer.output_text);
    }
    return ended(answer);
  },
};

// What a Response says at its end. A failed one is a value, not an exception; a careful caller looks.
export function ended(answer) {
  if (!answer?.output && answer?.status !== 'failed') return { finish: null };  // the package hands over any JSON as a Response
  if (answer.status === 'failed') throw Object.assign(new Error(answer.error?.message ?? 'the response failed'), { code: answer.error?.code });
  const calls = answer.output.filter((item) => item.type === 'function_call').map((item) => ({ id: item.call_id, name: item.name, arguments: item.arguments }));
  const { usage } = answer;
  return {
    add: answer.output, calls, finish: answer.incomplete_details?.reason ?? answer.status,
    usage: usage && { input: usage.input_tokens, output: usage.output_tokens, reasoning: usage.output_tokens_details?.reasoning_tokens, cached: usage.input_tokens_details?.cached_tokens },
  };
}

// The package's own stream helpers: they join the pieces, and give the whole message.
const chatHelper = {
  ...chat,
  async turn(client, { model, messages, tools, params, stream, signal, text }) {
    const body = { model, messages, ...(tools.length && { tools }), ...params };
    if (!stream) return chat.turn(client, { model, messages, tools, params, stream, signal, text });
    const run = client.chat.completions.stream({ ...body, stream_options: { include_usage: true } }, { signal });
    run.on('content', (piece) => text(piece));
    run.on('refusal.delta', ({ delta }) => text(delta));
    const { choices: [{ message, finish_reason: finish }], usage } = await run.finalChatCompletion();
    const { parsed, ...add } = message;
    return { add, calls: chatCalls(message), finish, usage: chatUsage(usage) };
  },
};
const responsesHelper = {
  ...responses,
  async turn(client, ask) {
    const { model, messages, tools, params, stream, signal, text, reasoning } = ask;
    if (!stream) return responses.turn(client, ask);
    const run = client.responses.stream({ model, input: messages, store: false, include: ['reasoning.encrypted_content'], ...(tools.length && { tools }), ...params }, { signal });
    run.on('response.output_text.delta', (event) => text(event.delta));
    run.on('response.reasoning_summary_text.delta', (event) => reasoning(event.delta));
    const answer = await run.finalResponse();
    for (const item of answer.output) { delete item.parsed_arguments; for (const part of item.content ?? []) delete part.parsed; }
    return ended(answer);
  },
};

// The helpers as iterables, read by somebody who takes his time for each piece.
const slowly = async function* (events) {
  for await (const event of events) {
    yield event;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
};
const chatLoop = { ...chat, open: (client, body, signal) => slowly(client.chat.completions.stream({ ...body, stream_options: { include_usage: true } }, { signal })) };
const responsesLoop = { ...responses, open: (client, body, signal) => slowly(client.responses.stream(body, { signal })) };

// Azure's client, for the key in a header of its own.
const azure = { ...chat, models: undefined, connect: ({ base, key }) => new AzureOpenAI({ apiKey: key, baseURL: base, apiVersion: '2024-10-21' }) };

const ways = { chat, responses, azure, 'chat-loop': chatLoop, 'responses-loop': responsesLoop, 'chat-helper': chatHelper, 'responses-helper': responsesHelper };
serve({ package: 'openai', ...ways[process.argv[2] ?? 'chat'] });
