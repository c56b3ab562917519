// dev.langchain4j's models for anthropic, under LangChain4j.java.
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.anthropic.AnthropicChatModel;
import dev.langchain4j.model.anthropic.AnthropicStreamingChatModel;

public final class AnthropicModels extends LangChain4j {
  public static void main(String[] words) throws Exception { Protocol.serve(new AnthropicModels()); }

  public String protocol() { return "anthropic"; }
  ChatModel model(Protocol.Where where, String name) {
    return AnthropicChatModel.builder().apiKey(where.key()).baseUrl(where.base()).modelName(name).maxTokens(4096).build();
  }
  StreamingChatModel streaming(Protocol.Where where, String name) {
    return AnthropicStreamingChatModel.builder().apiKey(where.key()).baseUrl(where.base()).modelName(name).maxTokens(4096).returnThinking(true).build();
  }
}
