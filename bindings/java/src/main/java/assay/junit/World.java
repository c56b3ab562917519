package assay.junit;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** Fake providers of one test: their keys, clock and journal (docs/serve.md). */
public final class World implements AutoCloseable {
  private static final AtomicInteger MADE = new AtomicInteger();
  private final Server server;
  private final String name;
  private final Map<?, ?> view;

  /** A line of the journal. */
  public record Entry(long micros, String actor, String kind, int status, String text) {
    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%8.3f s  %s  %s  %s%s", micros / 1e6, actor, kind, status == 0 ? "" : status + "  ", text).stripTrailing();
    }
  }

  private World(Server server, String name, Map<?, ?> view) {
    this.server = server;
    this.name = name;
    this.view = view;
  }

  static World make(Server server, String scenario) {
    String name = "java-" + ProcessHandle.current().pid() + "-" + MADE.incrementAndGet();
    String order = "{\"name\": " + Json.quoted(name) + (scenario.isEmpty() ? "" : ", \"scenario\": " + Json.quoted(scenario)) + "}";
    return new World(server, name, (Map<?, ?>) Json.read(server.ask("POST", "/worlds", order)));
  }

  /** An API key that chat is answered for. */
  public String key() {
    return (String) view.get("key");
  }

  /** Where a fake is: inference, auth, … */
  public String url(String fake) {
    return (String) ((Map<?, ?>) view.get("urls")).get(fake);
  }

  /** What OpenAI SDKs take for it. */
  public String baseUrl() {
    return url("inference") + "/v1";
  }

  /** From the next request on; `json` is {"faults": […]}, {"rules": […]}, or {} for nothing. */
  public void setFaults(String fake, String json) {
    ask("PUT", "faults/" + fake, json);
  }

  /** Changes a setting of a fake, such as inference.turn; `json` is its value. */
  public void set(String setting, String json) {
    ask("PUT", "settings/" + setting, "{\"value\": " + json + "}");
  }

  public void release(String hold) {
    ask("POST", "release", "{\"hold\": " + Json.quoted(hold) + "}");
  }

  /** Moves the clock of the fakes on, so that tokens expire. */
  public void advance(Duration span) {
    ask("POST", "clock", "{\"advance\": \"" + span.toMillis() + "ms\"}");
  }

  /** The entries that fit, such as "POST chat 503"; "" is all of them. */
  public List<Entry> journal(String query) {
    return entries(ask("GET", "journal?limit=100000" + (query.isEmpty() ? "" : "&for=" + encoded(query)), null));
  }

  /** The entries that fit, as soon as there are `count`; an error after `deadline`. */
  public List<Entry> waitFor(String query, int count, Duration deadline) {
    return entries(ask("GET", "journal/wait?for=" + encoded(query) + "&count=" + count + "&deadline=" + deadline.toMillis() + "ms", null));
  }

  /** The journal as text, one line an entry. */
  public String conversation() {
    return String.join("\n", journal("").stream().map(Entry::toString).toList());
  }

  @Override
  public void close() {
    server.ask("DELETE", "/worlds/" + name, null);
  }

  private String ask(String method, String below, String body) {
    return server.ask(method, "/worlds/" + name + "/" + below, body);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static List<Entry> entries(String page) {
    List<Entry> out = new ArrayList<>();
    for (Object one : (List<?>) ((Map<?, ?>) Json.read(page)).get("entries")) {
      Map<?, ?> entry = (Map<?, ?>) one;
      Object status = entry.get("status");
      out.add(new Entry(((Double) entry.get("t_us")).longValue(), (String) entry.get("actor"), (String) entry.get("kind"),
          status == null ? 0 : ((Double) status).intValue(), (String) entry.get("text")));
    }
    return out;
  }
}
