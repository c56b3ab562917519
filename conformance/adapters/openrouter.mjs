// @openrouter/sdk, chat completions.
import { load, serve } from './protocol.mjs';

const { OpenRouter } = await load('@openrouter/sdk');

serve({
  package: '@openrouter/sdk',
  protocol: 'openai-chat',
  can: ['stream', 'tools', 'reasoning'],
  reports: ['reasoning', 'tool_calls', 'executed', 'finish_reason', 'usage', 'error.status'],
  connect: ({ base, key }) => new OpenRouter({ apiKey: key, serverURL: base }),
  tool: (one) => ({ type: 'function', function: one }),
  result: (call, content) => ({ role: 'tool', toolCallId: call.id, content }),
  async turn(client, { model, messages, tools, params: { top_p: topP, ...params }, stream, signal, text, reasoning }) {
    const chatRequest = { model, messages, stream, ...(tools.length && { tools }), ...params, ...(topP !== undefined && { topP }), ...(stream && { streamOptions: { includeUsage: true } }) };
    const answer = await client.chat.send({ chatRequest }, { fetchOptions: { signal } });
    let message = { role: 'assistant', content: '' }, finish = null, usage;
    if (stream) {
      const calls = [];
      for await (const chunk of answer) {
        if (chunk.error) throw Object.assign(new Error(chunk.error.message), { status: chunk.error.code });
        usage = chunk.usage ?? usage;
        const [choice] = chunk.choices;
        if (!choice) continue;
        text(choice.delta.content);
        reasoning(choice.delta.reasoning);
        message.content += choice.delta.content ?? '';
        if (choice.delta.reasoning) message.reasoning = (message.reasoning ?? '') + choice.delta.reasoning;
        for (const { index, ...piece } of choice.delta.toolCalls ?? []) {
          if (calls[index]) calls[index].function.arguments = (calls[index].function.arguments ?? '') + (piece.function?.arguments ?? '');
          else calls[index] = piece;
        }
        finish = choice.finishReason ?? finish;
      }
      if (calls.length) message.toolCalls = calls.filter(Boolean);
    } else {
      ({ usage, choices: [{ message, finishReason: finish }] } = answer);
      text(message.content);
      reasoning(message.reasoning);
    }
    const calls = (message.toolCalls ?? []).map((call) => ({ id: call.id, name: call.function?.name, arguments: call.function?.arguments }));
    return { add: message, calls, finish, usage: usage && { input: usage.promptTokens, output: usage.completionTokens, reasoning: usage.completionTokensDetails?.reasoningTokens, cached: usage.promptTokensDetails?.cachedTokens } };
  },
});
