// dev.langchain4j's models for openai-chat, under LangChain4j.java.
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;

public final class OpenAiModels extends LangChain4j {
  public static void main(String[] words) throws Exception { Protocol.serve(new OpenAiModels()); }

  public String protocol() { return "openai-chat"; }
  ChatModel model(Protocol.Where where, String name) {
    return OpenAiChatModel.builder().apiKey(where.key()).baseUrl(where.base()).modelName(name).build();
  }
  StreamingChatModel streaming(Protocol.Where where, String name) {
    return OpenAiStreamingChatModel.builder().apiKey(where.key()).baseUrl(where.base()).modelName(name).returnThinking(true).build();
  }
}
