// LangChain: `langchain.mjs openai|responses|anthropic|google`. Messages, chunks and their joining are LangChain's own.
import { load, serve } from './protocol.mjs';

const which = process.argv[2] ?? 'openai';
const pieces = process.argv[3] === 'pieces';  // calls as the joined message has them in tool_call_chunks, as somebody reads it who shows them while they come
const { ToolMessage } = await load('@langchain/core/messages');
const named = `@langchain/${which === 'responses' ? 'openai' : which}`;
const { ChatOpenAI, ChatAnthropic, ChatGoogle } = await load(which === 'google' ? '@langchain/google/node' : named);

const ways = {
  openai: { protocol: 'openai-chat', make: ({ base, key }) => (model, params) => new ChatOpenAI({ model, apiKey: key, configuration: { baseURL: base }, streamUsage: true, useResponsesApi: false, ...params }) },
  responses: { protocol: 'openai-responses', make: ({ base, key }) => (model, params) => new ChatOpenAI({ model, apiKey: key, configuration: { baseURL: base }, useResponsesApi: true, ...params }) },
  anthropic: { protocol: 'anthropic', make: ({ base, key }) => (model, params) => new ChatAnthropic({ model, apiKey: key, anthropicApiUrl: base.replace(/\/v1\/?$/, ''), maxTokens: 4096, ...params }) },
  google: { protocol: 'gemini', make: ({ origin, key }) => (model, params) => new ChatGoogle({ model, apiKey: key, endpoint: origin, ...params }) },
};

// Early versions of the Google package ask over https whatever the endpoint is.
const plain = globalThis.fetch;
if (which === 'google') {
  globalThis.fetch = (asked, options) => {
    const url = String(asked.url ?? asked).replace('https://http//', 'http://').replace('https://http://', 'http://');
    return asked.url && url !== asked.url ? plain(url, { method: asked.method, headers: asked.headers, body: asked.body, signal: asked.signal, duplex: 'half' }) : plain(asked, options);
  };
}

serve({
  package: named,
  name: `${named} with @langchain/core`,
  protocol: ways[which].protocol,
  can: ['stream', 'tools', 'reasoning'],
  reports: ['reasoning', 'tool_calls', 'executed', 'finish_reason', 'usage', 'error.status'],
  connect: ways[which].make,
  tool: (one) => ({ type: 'function', function: one }),
  result: (call, content, failed) => new ToolMessage({ content, tool_call_id: call.id ?? '', name: call.name, status: failed ? 'error' : 'success' }),
  async turn(client, { model, messages, tools, params: { top_p: topP, text: { format } = {}, ...params }, stream, signal, text, reasoning }) {
    // A schema is asked for as the package's users do, whatever the API calls it.
    const options = { signal, ...(format && { response_format: { type: format.type, json_schema: { name: format.name, strict: format.strict, schema: format.schema } } }) };
    const chat = client(model, { ...params, ...(topP !== undefined && { topP }) });
    const bound = tools.length ? chat.bindTools(tools) : chat;
    let whole;
    const show = (message) => {
      if (typeof message.content === 'string') text(message.content);
      else {
        for (const part of message.content) {
          if (part.type === 'text') (part.thought ? reasoning : text)(part.text);
          if (part.type === 'thinking') reasoning(part.thinking);
          if (part.type === 'reasoning') reasoning(part.reasoning);
        }
      }
      reasoning(message.additional_kwargs?.reasoning_content);
    };
    if (stream) {
      for await (const chunk of await bound.stream(messages, options)) {
        show(chunk);
        whole = whole ? whole.concat(chunk) : chunk;
      }
    } else {
      whole = await bound.invoke(messages, options);
      show(whole);
    }
    if (!whole) return { finish: null };
    const calls = pieces ? (whole.tool_call_chunks ?? []).map(({ id, name, args }) => ({ id, name, arguments: args })) : [...(whole.tool_calls ?? []), ...(whole.invalid_tool_calls ?? [])].map(({ id, name, args }) => ({ id, name, arguments: args }));
    const told = { ...whole.additional_kwargs, ...whole.response_metadata };
    const usage = whole.usage_metadata;
    return {
      add: whole, calls, finish: told.incomplete_details?.reason ?? told.finish_reason ?? told.stop_reason ?? told.finishReason ?? told.status ?? null,
      usage: usage && { input: usage.input_tokens, output: usage.output_tokens, reasoning: usage.output_token_details?.reasoning, cached: usage.input_token_details?.cache_read },
    };
  },
});
