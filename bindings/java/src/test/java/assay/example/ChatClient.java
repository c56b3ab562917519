package assay.example;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** A client of an OpenAI-compatible API that tries again, up to so many times, when the provider is busy. */
final class ChatClient {
  private final int tries;

  ChatClient(int tries) {
    this.tries = tries;
  }

  String chat(String baseUrl, String key, String text) throws Exception {
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    HttpRequest request = HttpRequest.newBuilder(URI.create(baseUrl + "/chat/completions"))
        .header("Authorization", "Bearer " + key).header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString("{\"model\": \"kimi-k2.6\", \"messages\": [{\"role\": \"user\", \"content\": \"" + text + "\"}]}"))
        .build();
    for (int left = tries - 1;; --left) {
      HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() == 200) return answer.body();
      if (answer.statusCode() != 503 || left == 0) throw new IllegalStateException("status " + answer.statusCode());
      Thread.sleep(200); // the back-off of this client; the test waits for its answer
    }
  }
}
