// @mistralai/mistralai.
import { load, serve } from './protocol.mjs';

const { Mistral } = await load('@mistralai/mistralai');

serve({
  package: '@mistralai/mistralai',
  protocol: 'openai-chat',
  can: ['stream', 'tools'],
  reports: ['tool_calls', 'executed', 'finish_reason', 'usage', 'error.status'],
  connect: ({ base, key }) => new Mistral({ apiKey: key, serverURL: base.replace(/\/v1\/?$/, '') }),
  models: async (client) => (await client.models.list()).data.map((one) => one.id),
  tool: (one) => ({ type: 'function', function: one }),
  result: (call, content) => ({ role: 'tool', toolCallId: call.id, name: call.name, content }),
  async turn(client, { model, messages, tools, params: { top_p: topP, ...params }, stream, signal, text }) {
    const ask = { model, messages, ...(tools.length && { tools }), ...params, ...(topP !== undefined && { topP }) };
    const options = { fetchOptions: { signal } };
    let message = { role: 'assistant', content: '' }, finish = null, usage;
    const shown = (content) => (typeof content === 'string' ? content : (content ?? []).filter((part) => part.type === 'text').map((part) => part.text).join(''));
    if (stream) {
      const calls = new Map();
      for await (const { data } of await client.chat.stream(ask, options)) {
        usage = data.usage ?? usage;
        const [choice] = data.choices;
        if (!choice) continue;
        text(shown(choice.delta.content));
        message.content += shown(choice.delta.content);
        for (const piece of choice.delta.toolCalls ?? []) {
          const at = piece.index ?? piece.id, known = calls.get(at);
          if (known && typeof piece.function.arguments === 'string') known.function.arguments += piece.function.arguments;
          else calls.set(at, piece);
        }
        finish = choice.finishReason ?? finish;
      }
      if (calls.size) message.toolCalls = [...calls.values()];
    } else {
      const answer = await client.chat.complete(ask, options);
      ({ message, finishReason: finish } = answer.choices[0]);
      usage = answer.usage;
      text(shown(message.content));
    }
    const calls = (message.toolCalls ?? []).map((call) => ({ id: call.id, name: call.function.name, arguments: call.function.arguments }));
    return { add: message, calls, finish, usage: usage && { input: usage.promptTokens, output: usage.completionTokens } };
  },
});
