// groq-sdk. It puts /openai/v1 before its paths by itself.
import { load, serve } from './protocol.mjs';

const { default: Groq } = await load('groq-sdk');

serve({
  package: 'groq-sdk',
  protocol: 'openai-chat',
  can: ['stream', 'tools'],
  reports: ['tool_calls', 'executed', 'finish_reason', 'usage', 'error.status'],
  connect: ({ origin, key }) => new Groq({ apiKey: key, baseURL: origin }),
  models: async (client) => (await client.models.list()).data.map((one) => one.id),
  tool: (one) => ({ type: 'function', function: one }),
  result: (call, content) => ({ role: 'tool', tool_call_id: call.id, content }),
  async turn(client, { model, messages, tools, params, stream, signal, text }) {
    const body = { model, messages, ...(tools.length && { tools }), ...params };
    let message = { role: 'assistant', content: '' }, finish = null, usage;
    if (stream) {
      const calls = [];
      for await (const chunk of await client.chat.completions.create({ ...body, stream: true }, { signal })) {
        usage = chunk.usage ?? chunk.x_groq?.usage ?? usage;
        const [choice] = chunk.choices;
        text(choice?.delta.content);
        message.content += choice?.delta.content ?? '';
        for (const piece of choice?.delta.tool_calls ?? []) {
          if (calls[piece.index]) calls[piece.index].function.arguments += piece.function?.arguments ?? '';
          else calls[piece.index] = piece;
        }
        finish = choice?.finish_reason ?? finish;
      }
      if (calls.length) message.tool_calls = calls.filter(Boolean).map(({ index, ...call }) => call);
    } else {
      const answer = await client.chat.completions.create(body, { signal });
      ({ message, finish_reason: finish } = answer.choices[0]);
      usage = answer.usage;
      text(message.content);
    }
    const calls = (message.tool_calls ?? []).map((call) => ({ id: call.id, name: call.function.name, arguments: call.function.arguments }));
    return { add: message, calls, finish, usage: usage && { input: usage.prompt_tokens, output: usage.completion_tokens } };
  },
});
