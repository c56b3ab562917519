// cohere-ai, version 2 of the API.
import { load, serve } from './protocol.mjs';

const { CohereClientV2 } = await load('cohere-ai');

serve({
  package: 'cohere-ai',
  protocol: 'cohere',
  can: ['stream', 'tools'],
  reports: ['tool_calls', 'executed', 'finish_reason', 'usage', 'error.status'],
  params: ['temperature'],
  connect: ({ origin, key }) => new CohereClientV2({ token: key, environment: origin }),
  tool: (one) => ({ type: 'function', function: one }),
  result: (call, content) => ({ role: 'tool', toolCallId: call.id, content }),
  async turn(client, { model, messages, tools, params, stream, signal, text }) {
    const ask = { model, messages, ...(tools.length && { tools }), ...params };
    if (!stream) {
      const { message, finishReason: finish, usage } = await client.chat(ask, { abortSignal: signal });
      text(message.content?.map((part) => part.text).join(''));
      return { add: { role: 'assistant', content: message.content, toolCalls: message.toolCalls, toolPlan: message.toolPlan }, calls: callsOf(message.toolCalls), finish, usage: usageOf(usage) };
    }
    const message = { role: 'assistant', content: '' }, calls = [];
    let finish = null, usage;
    for await (const event of await client.chatStream(ask, { abortSignal: signal })) {
      if (event.type === 'content-delta') {
        text(event.delta.message.content.text);
        message.content += event.delta.message.content.text ?? '';
      }
      if (event.type === 'tool-call-start') calls[event.index] = event.delta.message.toolCalls;
      if (event.type === 'tool-call-delta') calls[event.index].function.arguments = (calls[event.index].function.arguments ?? '') + event.delta.message.toolCalls.function.arguments;
      if (event.type === 'message-end') {
        if (event.delta.error) throw new Error(event.delta.error);
        ({ finishReason: finish, usage } = event.delta);
      }
    }
    if (calls.length) message.toolCalls = calls.filter(Boolean);
    return { add: message, calls: callsOf(message.toolCalls), finish, usage: usageOf(usage) };
  },
});

function callsOf(calls) {
  return (calls ?? []).map((call) => ({ id: call.id, name: call.function.name, arguments: call.function.arguments }));
}
function usageOf(usage) {
  return usage?.tokens && { input: usage.tokens.inputTokens, output: usage.tokens.outputTokens };
}
