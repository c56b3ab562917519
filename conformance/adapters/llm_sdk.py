"""llm, the Python library of the command line tool: its models for OpenAI-compatible endpoints, conversations and tools."""
import llm
from assay_adapter import Adapter, Answer, Call, serve
from llm.default_plugins.openai_models import Chat


class Llm(Adapter):
    package = "llm"
    protocols = ["openai-chat"]
    can = ["stream", "tools", "tool-loop"]
    reports = ["executed", "usage"]
    params = ["temperature", "top_p"]

    def connect(self, where):
        def model(name):
            made = Chat(name, model_name=name, api_base=where.base, supports_tools=True)
            made.key = where.key
            return made
        return model

    def tool(self, tool, run):
        return llm.Tool(name=tool["name"], description=tool["description"], input_schema=tool["parameters"], implementation=lambda **arguments: run(tool["name"], arguments))

    def turn(self, client, ask):
        session = ask.session
        if not hasattr(session, "conversation"):
            session.conversation = client(ask.model).conversation()
        system = "\n".join(one["content"] for one in ask.messages if one["role"] == "system")
        prompt = "\n".join(one["content"] for one in ask.messages if one["role"] == "user")
        ask.messages.clear()  # the conversation keeps them
        chain = session.conversation.chain(prompt, system=system or None, tools=ask.tools or None, stream=ask.stream, chain_limit=ask.max_rounds, options=ask.params)
        usage = None
        for response in chain.responses():
            ask.again()
            for piece in response:
                ask.text(piece)
            told = response.usage()
            usage = {"input": told.input, "output": told.output}
        return Answer(usage=usage)


serve(Llm())
