// @anthropic-ai/sdk, as a stream of raw events.
import { load, serve } from './protocol.mjs';

const { default: Anthropic } = await load('@anthropic-ai/sdk');

serve({
  name: '@anthropic-ai/sdk',
  capabilities: ['chat', 'stream', 'protocol.anthropic'],
  async chat({ base, key, model, messages, signal, say }) {
    const client = new Anthropic({ apiKey: key, baseURL: base });
    const stream = await client.messages.create({ model, max_tokens: 1024, messages, stream: true }, { signal });
    for await (const event of stream) if (event.type === 'content_block_delta') say(event.delta.text);
  },
});
