// @aws-sdk/client-bedrock-runtime: Converse.
import { load, serve } from './protocol.mjs';

const { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } = await load('@aws-sdk/client-bedrock-runtime');
const { NodeHttpHandler } = await load('@smithy/node-http-handler');

serve({
  package: '@aws-sdk/client-bedrock-runtime',
  protocol: 'bedrock',
  can: ['stream', 'tools', 'reasoning'],
  reports: ['reasoning', 'tool_calls', 'executed', 'finish_reason', 'usage', 'error.status'],
  params: ['temperature'],
  connect: ({ origin, key, credential }) => new BedrockRuntimeClient({
    requestHandler: new NodeHttpHandler(),  // HTTP/1.1; its default is HTTP/2
    endpoint: origin, region: credential.region ?? 'us-east-1',
    ...(credential.kind === 'aws' ? { credentials: { accessKeyId: credential.id, secretAccessKey: credential.secret } } : { token: { token: key }, authSchemePreference: ['httpBearerAuth'] }),
  }),
  message: ({ role, content }) => ({ role, content: [{ text: content }] }),
  tool: ({ name, description, parameters }) => ({ toolSpec: { name, description, inputSchema: { json: parameters } } }),
  result: (call, text, failed) => ({ role: 'user', content: [{ toolResult: { toolUseId: call.id, content: [{ text }], status: failed ? 'error' : 'success' } }] }),
  async turn(client, { model, messages, tools, params, stream, signal, text, reasoning }) {
    const merged = [];
    for (const one of messages.filter(({ role }) => role !== 'system')) {
      if (merged.at(-1)?.role === 'user' && one.role === 'user') merged.at(-1).content.push(...one.content);
      else merged.push({ ...one, content: [...one.content] });
    }
    const system = messages.filter(({ role }) => role === 'system').flatMap((one) => one.content);
    const input = { modelId: model, messages: merged, ...(system.length && { system }), ...(tools.length && { toolConfig: { tools } }), inferenceConfig: params };
    if (!stream) {
      const { output: { message }, stopReason, usage } = await client.send(new ConverseCommand(input), { abortSignal: signal });
      for (const block of message.content) { text(block.text); reasoning(block.reasoningContent?.reasoningText?.text); }
      return end(message.content, stopReason, usage);
    }
    const blocks = [];
    let finish = null, usage;
    for await (const event of (await client.send(new ConverseStreamCommand(input), { abortSignal: signal })).stream) {
      const { contentBlockStart: start, contentBlockDelta: piece, messageStop, metadata } = event;
      if (start?.start?.toolUse) blocks[start.contentBlockIndex] = { toolUse: { ...start.start.toolUse, input: '' } };
      if (piece) {
        const { delta } = piece;
        const block = (blocks[piece.contentBlockIndex] ??= delta.reasoningContent ? { reasoningContent: { reasoningText: { text: '' } } } : { text: '' });
        if (delta.text) { block.text += delta.text; text(delta.text); }
        if (delta.toolUse) block.toolUse.input += delta.toolUse.input ?? '';
        if (delta.reasoningContent?.text) { block.reasoningContent.reasoningText.text += delta.reasoningContent.text; reasoning(delta.reasoningContent.text); }
        if (delta.reasoningContent?.signature) block.reasoningContent.reasoningText.signature = delta.reasoningContent.signature;
      }
      if (messageStop) finish = messageStop.stopReason;
      if (metadata) ({ usage } = metadata);
    }
    return end(blocks.filter(Boolean), finish, usage);
  },
});

function end(blocks, finish, usage) {
  const calls = blocks.filter((block) => block.toolUse).map(({ toolUse }) => ({ id: toolUse.toolUseId, name: toolUse.name, arguments: toolUse.input }));
  const content = blocks.map((block) => (typeof block.toolUse?.input === 'string' ? { toolUse: { ...block.toolUse, input: objectOf(block.toolUse.input) } } : block));
  return { add: content.length ? { role: 'assistant', content } : [], calls, finish, usage: usage && { input: usage.inputTokens, output: usage.outputTokens } };
}
function objectOf(json) {
  try { return JSON.parse(json || '{}'); } catch { return {}; }
}
