// dev.langchain4j: everything but the model, which a class of its own in langchain4j-open-ai, -anthropic or -gemini
// makes: each is built with its own module alone, so that what lies beneath is of the same release.
import com.fasterxml.jackson.databind.JsonNode;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.*;
import dev.langchain4j.exception.HttpException;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.json.*;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.output.TokenUsage;
import java.util.*;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

public abstract class LangChain4j implements Protocol.Sdk {
  abstract ChatModel model(Protocol.Where where, String name);
  abstract StreamingChatModel streaming(Protocol.Where where, String name);

  public String name() { return "langchain4j, " + protocol(); }
  public String version() {
    String jar = ChatModel.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    return jar.replaceAll(".*-core-|\\.jar", "");
  }
  public List<String> can() { return List.of("stream", "tools", "reasoning"); }
  public List<String> reports() { return List.of("deltas", "reasoning", "tool_calls", "executed", "finish_reason", "usage", "error.status"); }
  public int status(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) if (cause instanceof HttpException refused) return refused.statusCode();
    return 0;
  }
  public Protocol.Conversation open(Protocol.Where where) { return new Talk(where); }

  private final class Talk implements Protocol.Conversation {
    private final Protocol.Where where;
    private final List<ChatMessage> messages = new ArrayList<>();
    Talk(Protocol.Where where) { this.where = where; }
    public void add(String role, String text) {
      messages.add(switch (role) {
        case "system" -> SystemMessage.from(text);
        case "assistant" -> AiMessage.from(text);
        default -> UserMessage.from(text);
      });
    }
    public void result(Protocol.Call call, String text, boolean failed) { messages.add(ToolExecutionResultMessage.from(call.id(), call.name(), text)); }

    public Protocol.Answer turn(Protocol.Ask ask) throws Exception {
      ChatRequest.Builder body = ChatRequest.builder().messages(new ArrayList<>(messages));
      if (ask.params().has("temperature")) body.temperature(ask.params().get("temperature").asDouble());
      if (ask.params().has("top_p")) body.topP(ask.params().get("top_p").asDouble());
      List<ToolSpecification> tools = new ArrayList<>();
      for (Protocol.Tool tool : ask.tools()) {
        JsonObjectSchema.Builder schema = JsonObjectSchema.builder();
        Iterator<Map.Entry<String, JsonNode>> fields = tool.parameters().path("properties").fields();
        fields.forEachRemaining(field -> schema.addProperty(field.getKey(), JsonRawSchema.from(field.getValue().toString())));
        tools.add(ToolSpecification.builder().name(tool.name()).description(tool.description()).parameters(schema.build()).build());
      }
      if (!tools.isEmpty()) body.toolSpecifications(tools);
      ChatResponse whole = ask.stream() ? streamed(ask, body.build()) : model(where, ask.model()).chat(body.build());
      AiMessage message = whole.aiMessage();
      if (!ask.stream()) ask.text().accept(message.text());
      messages.add(message);
      List<Protocol.Call> calls = new ArrayList<>();
      for (ToolExecutionRequest call : message.toolExecutionRequests()) calls.add(new Protocol.Call(call.id(), call.name(), call.arguments()));
      TokenUsage usage = whole.tokenUsage();
      return new Protocol.Answer(calls, whole.finishReason() == null ? null : whole.finishReason().name(),
          usage == null || usage.inputTokenCount() == null || usage.outputTokenCount() == null ? null : Map.of("input", (long) usage.inputTokenCount(), "output", (long) usage.outputTokenCount()));
    }

    private ChatResponse streamed(Protocol.Ask ask, ChatRequest body) throws Exception {
      CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
      ask.onCancel().accept(() -> whole.cancel(true));
      streaming(where, ask.model()).chat(body, new StreamingChatResponseHandler() {
        @Override public void onPartialResponse(String piece) { ask.text().accept(piece); }
        @Override public void onPartialThinking(dev.langchain4j.model.chat.response.PartialThinking piece) { ask.reasoning().accept(piece.text()); }
        @Override public void onCompleteResponse(ChatResponse response) { whole.complete(response); }
        @Override public void onError(Throwable error) { whole.completeExceptionally(error); }
      });
      try {
        return whole.get();
      } catch (ExecutionException failed) {
        throw failed.getCause() instanceof Exception cause ? cause : failed;
      }
    }
  }
}
