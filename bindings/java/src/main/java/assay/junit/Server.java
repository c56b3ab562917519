package assay.junit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.extension.ExtensionContext.Store.CloseableResource;

/** The `assay serve` that worlds are made at: of ASSAY_ADMIN_URL, else one that is started here. */
final class Server implements CloseableResource {
  private static final String EXPORT = "export ASSAY_ADMIN_URL=";
  private final HttpClient client = HttpClient.newBuilder().proxy(HttpClient.Builder.NO_PROXY).version(HttpClient.Version.HTTP_1_1).build();
  private final String url;
  private final Process process;

  private Server(String url, Process process) {
    this.url = url;
    this.process = process;
  }

  static Server start() {
    if (System.getenv("ASSAY_ADMIN_URL") != null) return new Server(System.getenv("ASSAY_ADMIN_URL"), null);
    String program = System.getenv().getOrDefault("ASSAY_PROGRAM", "assay");
    try {
      // Its standard input is a pipe of ours: it ends with this process, however that ends.
      Process process = new ProcessBuilder(program, "serve", "--quiet", "--end-with-stdin").redirectError(ProcessBuilder.Redirect.INHERIT).start();
      BufferedReader lines = process.inputReader();
      for (String line = lines.readLine(); line != null; line = lines.readLine())
        if (line.startsWith(EXPORT)) return new Server(line.substring(EXPORT.length()), process);
      throw new IllegalStateException(program + " serve ended at its start");
    } catch (IOException error) {
      throw new UncheckedIOException("install assay, or set ASSAY_PROGRAM or ASSAY_ADMIN_URL", error);
    }
  }

  /** The body of the answer; an error with what the API says when it refuses. */
  String ask(String method, String path, String body) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path)).header("Content-Type", "application/json");
    String token = System.getenv("ASSAY_ADMIN_TOKEN");
    if (token != null) request.header("Authorization", "Bearer " + token);
    request.method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
    try {
      HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() >= 400) throw new IllegalStateException("assay: " + method + " " + path + ": " + answer.body());
      return answer.body();
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }

  @Override
  public void close() {
    if (process != null) process.destroy();
  }
}
