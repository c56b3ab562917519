// ai, the AI SDK, with one of its providers: `ai.mjs openai-compatible`, or another way to ask it: `ai.mjs openai openai-chat`. It runs the tools and keeps the history itself;
// since 7 `response` is that of the last step alone.
// The full stream is read, as its documentation advises: textStream ends quietly when a stream fails.
import { load, serve } from './protocol.mjs';

const { generateText, jsonSchema, stepCountIs, isStepCount, streamText, tool } = await load('ai');
const which = process.argv[2] ?? 'openai-compatible';
// Read as a view does that shows pieces as they come: arguments are what its deltas say, and what comes before the end of the reasoning is reasoning.
const asView = process.argv.includes('view');
const old = !isStepCount && !stepCountIs;  // until 4
const provider = await load(`@ai-sdk/${which}`);

const ways = {
  'openai-compatible': { protocol: 'openai-chat', make: (o) => provider.createOpenAICompatible({ name: 'assay', includeUsage: true, ...o }) },
  openai: { protocol: 'openai-responses', make: (o) => provider.createOpenAI(o) },
  'openai-chat': { protocol: 'openai-chat', make: (o) => provider.createOpenAI(o).chat },
  anthropic: { protocol: 'anthropic', make: (o) => provider.createAnthropic(o) },
  google: { protocol: 'gemini', make: ({ apiKey, origin }) => provider.createGoogleGenerativeAI({ apiKey, baseURL: `${origin}/v1beta` }) },
  mistral: { protocol: 'openai-chat', make: (o) => provider.createMistral(o) },
  xai: { protocol: 'openai-responses', make: (o) => provider.createXai(o).responses },
  'xai-chat': { protocol: 'openai-chat', make: (o) => provider.createXai(o).chat ?? provider.createXai(o) },  // until 4
};
const way = ways[process.argv.slice(3).find((word) => word in ways) ?? which];
const usageOf = (usage) => usage && (old ? { input: usage.promptTokens, output: usage.completionTokens } : { input: usage.inputTokens, output: usage.outputTokens, reasoning: usage.outputTokenDetails?.reasoningTokens ?? usage.reasoningTokens, cached: usage.inputTokenDetails?.cacheReadTokens ?? usage.cachedInputTokens });
const shown = new Map();  // id of a call → its arguments as the deltas give them

serve({
  package: 'ai',
  name: `ai with @ai-sdk/${which}`,
  protocol: way.protocol,
  can: ['stream', 'tools', 'tool-loop', 'reasoning'],
  reports: ['reasoning', 'tool_calls', 'executed', 'finish_reason', 'usage', 'error.status', ...(which === 'openai-compatible' ? ['error.code'] : [])],
  connect: ({ origin, base, key }) => way.make({ baseURL: base, apiKey: key, origin }),
  tool: ({ name, description, parameters }, run) => [name, tool({ description, [old ? 'parameters' : 'inputSchema']: jsonSchema(parameters),
                                                                   execute: (args, { toolCallId }) => JSON.parse(run(name, asView ? shown.get(toolCallId) : args, toolCallId)) })],
  async turn(client, { model, messages, tools, params, stream, signal, text, reasoning, again, maxRounds }) {
    const { temperature, top_p: topP, max_tokens: maxOutputTokens, ...rest } = params;
    const options = { model: client(model), messages: messages.filter((one) => one.role !== 'system'), tools: Object.fromEntries(tools), temperature, topP, maxOutputTokens,
                      ...(old ? { maxSteps: maxRounds } : { stopWhen: (isStepCount ?? stepCountIs)(maxRounds) }), abortSignal: signal, onError() {}, providerOptions: { assay: rest } };
    const system = messages.filter((one) => one.role === 'system').map((one) => one.content).join('\n');
    if (system) options[isStepCount ? 'instructions' : 'system'] = system;
    if (!stream) {
      const answer = await generateText(options);
      text(answer.text);
      reasoning(answer.reasoningText);
      return { add: answer.responseMessages ?? answer.response.messages, finish: answer.finishReason, usage: usageOf(answer.usage) };
    }
    const answer = streamText(options);
    let finish = null, usage, open = false;
    for await (const part of answer.fullStream) {
      if (part.type === 'start-step' || part.type === 'step-start') again();
      if (part.type === 'reasoning-start' || part.type === 'reasoning-end') open = part.type === 'reasoning-start';
      if (part.type === 'tool-input-start') shown.set(part.id, '');
      if (part.type === 'tool-input-delta') shown.set(part.id, shown.get(part.id) + part.delta);
      if (part.type === 'text-delta') (asView && open ? reasoning : text)(part.text ?? part.textDelta);
      if (part.type === 'reasoning-delta') reasoning(part.text);
      if (part.type === 'error') throw part.error;
      if (part.type === 'abort') throw new Error('aborted');
      if (part.type === 'finish-step' || part.type === 'step-finish') ({ finishReason: finish, usage } = part);
    }
    if (finish === 'error') throw new Error('finishReason is "error"');
    return { add: (await answer.responseMessages) ?? (await answer.response).messages, finish, usage: usageOf(usage) };
  },
});
