// ollama for JavaScript, Ollama's own chat API.
import { load, serve } from './protocol.mjs';

const { Ollama } = await load('ollama');

serve({
  package: 'ollama',
  protocol: 'ollama',
  can: ['stream', 'tools', 'reasoning'],
  reports: ['reasoning', 'tool_calls', 'executed', 'finish_reason', 'usage', 'error.status'],
  connect: ({ origin, key }) => () => new Ollama({ host: origin, headers: { authorization: `Bearer ${key}` } }),
  models: async (client) => (await client().list()).models.map((one) => one.model),
  tool: (one) => ({ type: 'function', function: one }),
  result: (call, content) => ({ role: 'tool', content, tool_name: call.name }),
  async turn(connect, { model, messages, tools, params, stream, signal, text, reasoning }) {
    const client = connect();  // abort() ends every stream of a client, so each turn has its own
    signal.addEventListener('abort', () => client.abort());
    const ask = { model, messages, ...(tools.length && { tools }), ...(Object.keys(params).length && { options: params }) };
    const parts = stream ? await client.chat({ ...ask, stream: true }) : [await client.chat(ask)];
    const message = { role: 'assistant', content: '' };
    let last = {};
    for await (const part of parts) {
      text(part.message.content);
      reasoning(part.message.thinking);
      message.content += part.message.content;
      if (part.message.thinking) message.thinking = (message.thinking ?? '') + part.message.thinking;
      if (part.message.tool_calls) message.tool_calls = [...(message.tool_calls ?? []), ...part.message.tool_calls];
      last = part;
    }
    const calls = (message.tool_calls ?? []).map((call) => ({ name: call.function.name, arguments: call.function.arguments }));
    return { add: message, calls, finish: last.done_reason ?? null, usage: last.done ? { input: last.prompt_eval_count, output: last.eval_count } : undefined };
  },
});
