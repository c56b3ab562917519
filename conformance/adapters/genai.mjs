// @google/genai, the Gemini API with a key.
import { load, serve } from './protocol.mjs';

const { GoogleGenAI } = await load('@google/genai');

serve({
  name: '@google/genai',
  capabilities: ['chat', 'stream', 'protocol.gemini'],
  async chat({ base, key, model, messages, signal, say }) {
    const client = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: base } });
    const contents = messages.map(({ role, content }) => ({ role: role === 'assistant' ? 'model' : 'user', parts: [{ text: content }] }));
    const stream = await client.models.generateContentStream({ model, contents, config: { abortSignal: signal } });
    for await (const chunk of stream) say(chunk.text);
  },
});
