// @mariozechner/pi-ai: `pi-ai.mjs openai-completions|openai-responses|anthropic-messages|google-generative-ai`.
import { load, serve } from './protocol.mjs';

const { stream: begin } = await load('@mariozechner/pi-ai');
const api = process.argv[2] ?? 'openai-completions';
const protocols = { 'openai-completions': 'openai-chat', 'openai-responses': 'openai-responses', 'anthropic-messages': 'anthropic', 'google-generative-ai': 'gemini' };

serve({
  package: '@mariozechner/pi-ai',
  protocol: protocols[api],
  can: ['stream', 'tools', 'reasoning'],
  reports: ['reasoning', 'tool_calls', 'executed', 'finish_reason', 'usage'],
  params: ['temperature'],
  connect: ({ origin, base, key }) => ({ key, baseUrl: api === 'anthropic-messages' ? origin : api === 'google-generative-ai' ? `${origin}/v1beta` : base }),
  message: ({ role, content }) => ({ role, content, timestamp: Date.now() }),
  result: (call, text, isError) => ({ role: 'toolResult', toolCallId: call.id, toolName: call.name, content: [{ type: 'text', text }], isError, timestamp: Date.now() }),
  async turn({ key, baseUrl }, { model, messages, tools, params, signal, text, reasoning }) {
    const systemPrompt = messages.filter((one) => one.role === 'system').map((one) => one.content).join('\n') || undefined;
    const described = { id: model, name: model, api, provider: 'assay', baseUrl, reasoning: true, input: ['text'], cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }, contextWindow: 128000, maxTokens: 4096 };
    let message;
    for await (const event of begin(described, { systemPrompt, messages: messages.filter((one) => one.role !== 'system'), tools }, { apiKey: key, signal, ...params })) {
      if (event.type === 'text_delta') text(event.delta);
      if (event.type === 'thinking_delta') reasoning(event.delta);
      if (event.type === 'done') message = event.message;
      if (event.type === 'error') throw new Error(event.error.errorMessage ?? event.reason);
    }
    if (!message) return { finish: null };
    const calls = message.content.filter((part) => part.type === 'toolCall').map(({ id, name, arguments: args }) => ({ id, name, arguments: args }));
    return { add: message, calls, finish: message.stopReason === 'toolUse' ? 'tool_use' : message.stopReason, usage: { input: message.usage.input, output: message.usage.output, cached: message.usage.cacheRead } };
  },
});
