// openai: `openai.mjs chat` uses chat completions, `openai.mjs responses` the Responses API.
import { load, serve } from './protocol.mjs';

const { default: OpenAI } = await load('openai');
const responses = process.argv[2] === 'responses';

serve({
  name: 'openai',
  capabilities: ['chat', 'stream', responses ? 'protocol.openai-responses' : 'protocol.openai-chat'],
  async chat({ base, key, model, messages, signal, say }) {
    const client = new OpenAI({ apiKey: key, baseURL: `${base}/v1` });
    if (responses) {
      const stream = await client.responses.create({ model, input: messages, stream: true }, { signal });
      for await (const event of stream) if (event.type === 'response.output_text.delta') say(event.delta);
    } else {
      const stream = await client.chat.completions.create({ model, messages, stream: true }, { signal });
      for await (const chunk of stream) say(chunk.choices[0]?.delta?.content);
    }
  },
});
