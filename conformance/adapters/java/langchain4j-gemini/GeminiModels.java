// dev.langchain4j's models for gemini, under LangChain4j.java.
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.googleai.GoogleAiGeminiChatModel;
import dev.langchain4j.model.googleai.GoogleAiGeminiStreamingChatModel;

public final class GeminiModels extends LangChain4j {
  public static void main(String[] words) throws Exception { Protocol.serve(new GeminiModels()); }

  public String protocol() { return "gemini"; }
  ChatModel model(Protocol.Where where, String name) {
    return GoogleAiGeminiChatModel.builder().apiKey(where.key()).baseUrl(where.origin() + "/v1beta").modelName(name).build();
  }
  StreamingChatModel streaming(Protocol.Where where, String name) {
    return GoogleAiGeminiStreamingChatModel.builder().apiKey(where.key()).baseUrl(where.origin() + "/v1beta").modelName(name).returnThinking(true).build();
  }
}
