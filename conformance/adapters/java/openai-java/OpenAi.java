// com.openai:openai-java: `chat` uses chat completions, `responses` the Responses API; both with the package's accumulators; `azure` shows the key as Azure wants it, `responses strict` validates what comes.
import com.fasterxml.jackson.core.type.TypeReference;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.OpenAIServiceException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.*;
import com.openai.models.responses.*;
import java.util.*;

public final class OpenAi implements Protocol.Sdk {
  private final boolean responses;
  OpenAi(boolean responses) { this.responses = responses; }

  public static void main(String[] words) throws Exception { azure = words.length > 0 && words[0].equals("azure"); strict = words.length > 1 && words[1].equals("strict"); Protocol.serve(new OpenAi(words.length > 0 && words[0].equals("responses"))); }

  public String name() { return "com.openai:openai-java"; }
  public String version() { return String.valueOf(OpenAIClient.class.getPackage().getImplementationVersion()); }
  public String protocol() { return responses ? "openai-responses" : "openai-chat"; }
  public List<String> can() { return List.of("stream", "tools", "models"); }
  public List<String> reports() { return List.of("deltas", "tool_calls", "executed", "finish_reason", "usage", "models", "error.status"); }
  public int status(Throwable error) { return error instanceof OpenAIServiceException refused ? refused.statusCode() : 0; }
  private static boolean azure;   // the key in a header of its own
  private static boolean strict;  // what comes is validated
  static OpenAIClient client(Protocol.Where where) {
    OpenAIOkHttpClient.Builder builder = OpenAIOkHttpClient.builder().baseUrl(where.base()).responseValidation(strict);
    return (azure ? builder.credential(com.openai.azure.credential.AzureApiKeyCredential.create(where.key())) : builder.apiKey(where.key())).build();
  }
  public List<String> models(Protocol.Where where) {
    List<String> ids = new ArrayList<>();
    client(where).models().list().autoPager().forEach(model -> ids.add(model.id()));
    return ids;
  }
  public Protocol.Conversation open(Protocol.Where where) { return responses ? new Responses(client(where)) : new Chat(client(where)); }

  static Map<String, JsonValue> values(com.fasterxml.jackson.databind.JsonNode node) {
    Map<String, JsonValue> out = new HashMap<>();
    if (node != null) node.fields().forEachRemaining(field -> out.put(field.getKey(), JsonValue.from(Protocol.JSON.convertValue(field.getValue(), new TypeReference<Object>() {}))));
    return out;
  }

  private static final class Chat implements Protocol.Conversation {
    private final OpenAIClient client;
    private final List<ChatCompletionMessageParam> messages = new ArrayList<>();
    Chat(OpenAIClient client) { this.client = client; }
    public void add(String role, String text) {
      messages.add(switch (role) {
        case "system" -> ChatCompletionMessageParam.ofSystem(ChatCompletionSystemMessageParam.builder().content(text).build());
        case "assistant" -> ChatCompletionMessageParam.ofAssistant(ChatCompletionAssistantMessageParam.builder().content(text).build());
        default -> ChatCompletionMessageParam.ofUser(ChatCompletionUserMessageParam.builder().content(text).build());
      });
    }
    public void result(Protocol.Call call, String text, boolean failed) {
      messages.add(ChatCompletionMessageParam.ofTool(ChatCompletionToolMessageParam.builder().toolCallId(call.id()).content(text).build()));
    }
    public Protocol.Answer turn(Protocol.Ask ask) {
      ChatCompletionCreateParams.Builder body = ChatCompletionCreateParams.builder().model(ask.model()).messages(messages).additionalBodyProperties(values(ask.params()));
      for (Protocol.Tool tool : ask.tools())
        body.addFunctionTool(FunctionDefinition.builder().name(tool.name()).description(tool.description()).parameters(FunctionParameters.builder().additionalProperties(values(tool.parameters())).build()).build());
      ChatCompletion whole;
      if (ask.stream()) {
        ChatCompletionAccumulator joined = ChatCompletionAccumulator.create();
        body.streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build());
        try (StreamResponse<ChatCompletionChunk> stream = client.chat().completions().createStreaming(body.build())) {
          ask.onCancel().accept(stream::close);
          stream.stream().peek(joined::accumulate).forEach(chunk -> chunk.choices().stream().limit(1).forEach(choice -> choice.delta().content().ifPresent(ask.text())));
        }
        whole = joined.chatCompletion();
      } else {
        whole = client.chat().completions().create(body.build());
      }
      ChatCompletion.Choice choice = whole.choices().get(0);
      if (!ask.stream()) choice.message().content().ifPresent(ask.text());
      messages.add(ChatCompletionMessageParam.ofAssistant(choice.message().toParam()));
      List<Protocol.Call> calls = new ArrayList<>();
      choice.message().toolCalls().orElse(List.of()).forEach(call -> call.function().ifPresent(function -> calls.add(new Protocol.Call(function.id(), function.function().name(), function.function().arguments()))));
      return new Protocol.Answer(calls, choice.finishReason().asString(), whole.usage().map(usage -> Map.of("input", usage.promptTokens(), "output", usage.completionTokens())).orElse(null));
    }
  }

  private static final class Responses implements Protocol.Conversation {
    private final OpenAIClient client;
    private final List<ResponseInputItem> items = new ArrayList<>();
    Responses(OpenAIClient client) { this.client = client; }
    public void add(String role, String text) { items.add(ResponseInputItem.ofEasyInputMessage(EasyInputMessage.builder().role(EasyInputMessage.Role.of(role)).content(text).build())); }
    public void result(Protocol.Call call, String text, boolean failed) {
      items.add(ResponseInputItem.ofFunctionCallOutput(ResponseInputItem.FunctionCallOutput.builder().callId(call.id()).output(text).build()));
    }
    public Protocol.Answer turn(Protocol.Ask ask) {
      ResponseCreateParams.Builder body = ResponseCreateParams.builder().model(ask.model()).inputOfResponse(items).store(false).additionalBodyProperties(values(ask.params()));
      for (Protocol.Tool tool : ask.tools())
        body.addTool(FunctionTool.builder().name(tool.name()).description(tool.description()).strict(false).parameters(FunctionTool.Parameters.builder().additionalProperties(values(tool.parameters())).build()).build());
      Response whole;
      if (ask.stream()) {
        ResponseAccumulator joined = ResponseAccumulator.create();
        try (StreamResponse<ResponseStreamEvent> stream = client.responses().createStreaming(body.build())) {
          ask.onCancel().accept(stream::close);
          stream.stream().peek(joined::accumulate).forEach(event -> event.outputTextDelta().ifPresent(piece -> ask.text().accept(piece.delta())));
        }
        whole = joined.response();
      } else {
        whole = client.responses().create(body.build());
        whole.output().forEach(item -> item.message().ifPresent(message -> message.content().forEach(part -> part.outputText().ifPresent(text -> ask.text().accept(text.text())))));
      }
      whole.error().ifPresent(error -> { throw new IllegalStateException(error.message()); });
      List<Protocol.Call> calls = new ArrayList<>();
      for (ResponseOutputItem item : whole.output()) {
        item.message().ifPresent(message -> items.add(ResponseInputItem.ofResponseOutputMessage(message)));
        item.reasoning().ifPresent(reasoning -> items.add(ResponseInputItem.ofReasoning(reasoning)));
        item.functionCall().ifPresent(call -> {
          items.add(ResponseInputItem.ofFunctionCall(call));
          calls.add(new Protocol.Call(call.callId(), call.name(), call.arguments()));
        });
      }
      String finish = whole.status().map(ResponseStatus::asString).orElse(null);
      return new Protocol.Answer(calls, finish, whole.usage().map(usage -> Map.of("input", usage.inputTokens(), "output", usage.outputTokens())).orElse(null));
    }
  }
}
