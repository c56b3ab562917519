// @openai/agents: `openai-agents.mjs chat|responses`. The runner calls the tools and keeps the history itself.
import { load, serve } from './protocol.mjs';

const { Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, tool } = await load('@openai/agents');
const { default: OpenAI } = await load('openai');
const responses = process.argv[2] !== 'chat';

serve({
  package: '@openai/agents',
  protocol: responses ? 'openai-responses' : 'openai-chat',
  can: ['stream', 'tools', 'tool-loop'],
  reports: ['executed', 'usage', 'error.status'],
  connect: ({ base, key }) => new OpenAI({ apiKey: key, baseURL: base }),
  tool: ({ name, description, parameters }, run) => tool({
    name, description, strict: false, parameters: { ...parameters, additionalProperties: true, required: [] },
    execute: (args, context, details) => run(name, args, details?.toolCall?.callId),
  }),
  async turn(client, { model, messages, tools, params: { temperature, top_p: topP, ...rest }, stream, signal, text, again, maxRounds }) {
    const instructions = messages.filter((one) => one.role === 'system').map((one) => one.content).join('\n') || undefined;
    const settings = { temperature, topP, providerData: rest };
    const agent = new Agent({ name: 'assay', instructions, tools, model: new (responses ? OpenAIResponsesModel : OpenAIChatCompletionsModel)(client, model), modelSettings: JSON.parse(JSON.stringify(settings)) });
    const runner = new Runner({ tracingDisabled: true });
    const answer = await runner.run(agent, messages.filter((one) => one.role !== 'system'), { stream, signal, maxTurns: maxRounds });
    if (stream) {
      for await (const event of answer) {
        if (event.type !== 'raw_model_stream_event') continue;
        if (event.data.type === 'response_started') again();
        if (event.data.type === 'output_text_delta') text(event.data.delta);
      }
      await answer.completed;
    } else {
      text(answer.finalOutput);
    }
    const usage = answer.rawResponses.at(-1)?.usage;
    messages.splice(0, messages.length, ...messages.filter((one) => one.role === 'system'), ...answer.history);
    return { finish: null, usage: usage && { input: usage.inputTokens, output: usage.outputTokens } };
  },
});
