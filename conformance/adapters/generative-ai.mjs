// @google/generative-ai, the package before @google/genai. Its answers come as a stream of chunks and as one answer that it joins itself; tools are run by what it joined.
import { load, serve } from './protocol.mjs';

const { GoogleGenerativeAI } = await load('@google/generative-ai');

serve({
  package: '@google/generative-ai',
  protocol: 'gemini',
  can: ['stream', 'tools'],
  reports: ['tool_calls', 'executed', 'finish_reason', 'usage', 'error.status'],
  connect: ({ origin, key }) => ({ ai: new GoogleGenerativeAI(key), options: { baseUrl: origin } }),
  message: ({ role, content }) => ({ role: role === 'assistant' ? 'model' : role, parts: [{ text: content }] }),
  tool: ({ name, description, parameters }) => ({ name, description, parameters }),
  result: (call, text) => ({ role: 'function', parts: [{ functionResponse: { ...(call.id && { id: call.id }), name: call.name, response: { output: text } } }] }),
  async turn({ ai, options }, { model, messages, tools, params: { top_p: topP, ...params }, stream, signal, text }) {
    const system = messages.filter((one) => one.role === 'system').map((one) => one.parts[0].text).join('\n');
    const asked = ai.getGenerativeModel({ model, ...(system && { systemInstruction: system }), ...(tools.length && { tools: [{ functionDeclarations: tools }] }),
                                          generationConfig: { ...params, ...(topP !== undefined && { topP }) } }, options);
    // Results of parallel calls belong into one message.
    const contents = [];
    for (const one of messages.filter(({ role }) => role !== 'system')) {
      if (one.role === 'function' && contents.at(-1)?.role === 'function') contents.at(-1).parts.push(...one.parts);
      else contents.push({ ...one, parts: [...one.parts] });
    }
    let answer;
    if (stream) {
      const got = await asked.generateContentStream({ contents }, { signal });
      for await (const chunk of got.stream) text(chunk.text());
      answer = await got.response;
    } else {
      answer = (await asked.generateContent({ contents }, { signal })).response;
      text(answer.text());
    }
    const { content, finishReason: finish } = answer.candidates?.[0] ?? {};
    const calls = (answer.functionCalls() ?? []).map(({ id, name, args }) => ({ id, name, arguments: args }));
    return { add: content?.parts?.length ? content : [], calls, finish,
             usage: answer.usageMetadata && { input: answer.usageMetadata.promptTokenCount, output: answer.usageMetadata.candidatesTokenCount, cached: answer.usageMetadata.cachedContentTokenCount } };
  },
});
