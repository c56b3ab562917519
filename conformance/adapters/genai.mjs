// @google/genai, the Gemini API with a key: `genai.mjs models` asks with the whole history, `genai.mjs chat` leaves it to a chat of the package.
import { load, serve } from './protocol.mjs';

const { GoogleGenAI } = await load('@google/genai');
const chats = process.argv[2] === 'chat';
const kept = new WeakMap();  // session → chat of the package

serve({
  package: '@google/genai',
  protocol: 'gemini',
  can: ['stream', 'tools', 'reasoning'],
  reports: ['reasoning', 'tool_calls', 'executed', 'finish_reason', 'usage', 'error.status'],
  connect: ({ origin, key }) => new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: origin } }),
  models: async (client) => { const ids = []; for await (const one of await client.models.list()) ids.push(one.name.replace(/^models\//, '')); return ids; },
  message: ({ role, content }) => ({ role: role === 'assistant' ? 'model' : role, parts: [{ text: content }] }),
  tool: ({ name, description, parameters }) => ({ name, description, parametersJsonSchema: parameters }),
  result: (call, text) => ({ role: 'user', parts: [{ functionResponse: { ...(call.id && { id: call.id }), name: call.name, response: { output: text } } }] }),
  async turn(client, { model, messages, tools, params, stream, signal, text, reasoning, session }) {
    const system = messages.filter((one) => one.role === 'system').map((one) => one.parts[0].text).join('\n');
    const config = { abortSignal: signal, ...(system && { systemInstruction: system }), ...(tools.length && { tools: [{ functionDeclarations: tools }] }), ...params };
    const contents = merged(messages.filter((one) => one.role !== 'system'));
    let chunks;
    if (chats) {
      if (!kept.has(session)) kept.set(session, client.chats.create({ model, history: contents.slice(0, -1) }));
      const ask = { message: contents.at(-1).parts, config };
      chunks = stream ? await kept.get(session).sendMessageStream(ask) : [await kept.get(session).sendMessage(ask)];
    } else {
      chunks = stream ? await client.models.generateContentStream({ model, contents, config }) : [await client.models.generateContent({ model, contents, config })];
    }
    const parts = [], calls = [];
    let finish = null, usage;
    for await (const chunk of chunks) {
      const candidate = chunk.candidates?.[0];
      for (const part of candidate?.content?.parts ?? []) {
        parts.push(part);
        if (part.text) (part.thought ? reasoning : text)(part.text);
      }
      for (const call of chunk.functionCalls ?? []) calls.push({ id: call.id, name: call.name, arguments: call.args });
      if (chunk.promptFeedback?.blockReason) finish = 'content_filter';
      if (candidate?.finishReason) finish = candidate.finishReason;
      if (chunk.usageMetadata) usage = chunk.usageMetadata;
    }
    return { add: parts.length ? { role: 'model', parts } : [], calls, finish,
             usage: usage && { input: usage.promptTokenCount, output: usage.candidatesTokenCount, reasoning: usage.thoughtsTokenCount, cached: usage.cachedContentTokenCount } };
  },
});

// Results of parallel calls belong into one message.
function merged(contents) {
  const out = [];
  for (const one of contents) {
    const last = out.at(-1);
    if (last?.role === 'user' && one.role === 'user' && one.parts[0].functionResponse && last.parts[0].functionResponse) last.parts.push(...one.parts);
    else out.push({ ...one, parts: [...one.parts] });
  }
  return out;
}
