// ai with @ai-sdk/openai-compatible. textStream ends quietly when a stream fails, so the full stream is read, as its documentation advises.
import { load, serve } from './protocol.mjs';

const { streamText } = await load('ai');
const { createOpenAICompatible } = await load('@ai-sdk/openai-compatible');

serve({
  name: 'ai',
  capabilities: ['chat', 'stream', 'protocol.openai-chat'],
  async chat({ base, key, model, messages, signal, say }) {
    const provider = createOpenAICompatible({ name: 'assay', baseURL: `${base}/v1`, apiKey: key });
    const answer = streamText({ model: provider(model), messages, abortSignal: signal, onError() {} });
    let finish;
    for await (const part of answer.fullStream) {
      if (part.type === 'text-delta') say(part.text);
      if (part.type === 'error') throw part.error;
      if (part.type === 'abort') throw new Error('aborted');
      if (part.type === 'finish') finish = part.finishReason;
    }
    if (finish === 'error') throw new Error('finishReason is "error"');
  },
});
