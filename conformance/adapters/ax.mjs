// @ax-llm/ax: its service for Anthropic's API, below its signatures and agents.
import { load, serve } from './protocol.mjs';

const { AxAIAnthropic } = await load('@ax-llm/ax');

serve({
  package: '@ax-llm/ax',
  protocol: 'anthropic',
  can: ['stream', 'tools', 'reasoning'],
  reports: ['reasoning', 'tool_calls', 'executed', 'finish_reason', 'usage', 'error.status'],
  connect({ base, key }) {
    const service = new AxAIAnthropic({ apiKey: key });
    service.setAPIURL(base);
    return service;
  },
  tool: (one) => one,
  // Its errors print what the server answered, with much beside it.
  error: ({ message, responseBody }) => ({ message: responseBody ? `${message}: ${JSON.stringify(responseBody.responseBody ?? responseBody)}` : message }),
  result: (call, text, failed) => ({ role: 'function', functionId: call.id, result: text, isError: failed }),
  async turn(service, { model, messages, tools, params: { top_p: topP, max_tokens: maxTokens, ...params }, stream, signal, text, reasoning }) {
    const modelConfig = { ...params, ...(topP !== undefined && { topP }), ...(maxTokens && { maxTokens }), stream };
    const got = await service.chat({ chatPrompt: messages, model, modelConfig, ...(tools.length && { functions: tools }) }, { stream, abortSignal: signal });
    const message = { role: 'assistant', content: '' }, calls = new Map();
    let finish = null, usage;
    for await (const { results: [result] = [], modelUsage } of stream ? got : [got]) {
      usage = modelUsage?.tokens ?? usage;
      if (!result) continue;
      text(result.content);
      reasoning(result.thought);
      message.content += result.content ?? '';
      for (const block of result.thoughtBlocks ?? []) {
        const last = message.thoughtBlocks?.at(-1);
        if (last && stream && !last.signature) Object.assign(last, { data: last.data + block.data, ...(block.signature && { signature: block.signature }) });
        else (message.thoughtBlocks ??= []).push({ ...block });
      }
      for (const call of result.functionCalls ?? []) {
        const known = calls.get(call.id);
        if (!known) calls.set(call.id, structuredClone(call));
        else if (typeof call.function.params === 'string') known.function.params = (known.function.params ?? '') + call.function.params;
      }
      finish = result.finishReason ?? finish;
    }
    if (calls.size) message.functionCalls = [...calls.values()];
    return { add: message, calls: [...calls.values()].map((call) => ({ id: call.id, name: call.function.name, arguments: call.function.params })), finish,
             usage: usage && { input: usage.promptTokens, output: usage.completionTokens, cached: usage.cacheReadTokens } };
  },
});
