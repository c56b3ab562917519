// The adapter protocol (docs/adapter-protocol.md) for clients written in Java: everything but the calls of the SDK.
// It reads JSON with Jackson, which these SDKs bring. A client file builds it together with the adapter
// (build: ["${adapters}/java/protocol", …]); an adapter is a class with a main that calls Protocol.serve: see
// openai-java/OpenAi.java.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.*;
import java.util.function.Consumer;

final class Protocol {
  record Where(String origin, String base, String key) {}
  record Tool(String name, String description, JsonNode parameters) {}
  record Call(String id, String name, String arguments) {}
  // finish: the provider's word for the end, null when the SDK gave none; usage: what the SDK told, perhaps null.
  record Answer(List<Call> calls, String finish, Map<String, Long> usage) {}
  // onCancel takes what ends the request, such as the close method of a stream.
  record Ask(String model, JsonNode params, boolean stream, List<Tool> tools, Consumer<String> text, Consumer<String> reasoning, Consumer<Runnable> onCancel) {}

  // The history of one session in the SDK's own form. turn sends one request and keeps the answer.
  interface Conversation {
    void add(String role, String text);
    void result(Call call, String text, boolean failed);
    Answer turn(Ask ask) throws Exception;
  }
  interface Sdk {
    String name();
    String version();
    String protocol();
    List<String> can();
    List<String> reports();
    Conversation open(Where where);
    default List<String> models(Where where) { return null; }  // with "models" in can()
    int status(Throwable error);                                // 0 when the error has none
  }

  static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_ROUNDS = 8;
  private static final Map<String, String> FINISH = new HashMap<>();
  static {
    for (String word : List.of("stop", "end_turn", "stop_sequence", "completed")) FINISH.put(word, "stop");
    for (String word : List.of("length", "max_tokens", "max_output_tokens", "incomplete")) FINISH.put(word, "length");
    for (String word : List.of("tool_calls", "tool_use", "function_call", "tool_execution")) FINISH.put(word, "tool_calls");
    for (String word : List.of("content_filter", "safety")) FINISH.put(word, "content_filter");
    FINISH.put("refusal", "refusal");
  }

  private static final class Session {
    Conversation talk;
    List<Call> pending = List.of();
    ObjectNode last = JSON.createObjectNode();
  }
  // One open request: answered once, by its work, its deadline or its cancel.
  private final class Operation {
    final int seq;
    final ObjectNode result = JSON.createObjectNode();
    final List<Runnable> closers = new CopyOnWriteArrayList<>();
    String ended;
    boolean done;
    Operation(int seq) { this.seq = seq; }
    synchronized void answer(Throwable error) {
      if (done) return;
      done = true;
      open.remove(seq);
      result.put("ok", error == null && ended == null);
      if (error != null || ended != null) {
        ObjectNode told = result.putObject("error");
        String own = "timeout".equals(ended) ? "no answer before the deadline" : "cancelled";
        told.put("message", error == null ? own : String.valueOf(error.getMessage() == null ? error : error.getMessage()));
        if (error != null && sdk.status(error) != 0) told.put("status", sdk.status(error));
        if (ended != null) told.put("category", ended);
      }
      tell(seq, "result", result);
    }
    void stop(String category) {
      synchronized (this) { if (ended == null) ended = category; }
      for (Runnable close : closers) {
        try { close.run(); } catch (RuntimeException ignored) { /* closed twice */ }
      }
      timers.schedule(() -> answer(null), 1, TimeUnit.SECONDS);
    }
  }

  private final Sdk sdk;
  private final PrintStream out = System.out;
  private final long began = System.nanoTime();
  private final Map<Integer, Operation> open = new ConcurrentHashMap<>();
  private final Map<String, Session> sessions = new HashMap<>();
  private final ScheduledExecutorService timers = Executors.newScheduledThreadPool(1, Protocol::daemon);
  private final ExecutorService workers = Executors.newCachedThreadPool(Protocol::daemon);

  private Protocol(Sdk sdk) { this.sdk = sdk; }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work);
    thread.setDaemon(true);
    return thread;
  }

  private synchronized void write(JsonNode line) {
    byte[] bytes = (line.toString() + "\n").getBytes(StandardCharsets.UTF_8);
    out.write(bytes, 0, bytes.length);
    out.flush();
  }

  private void tell(int seq, String key, JsonNode value) {
    ObjectNode line = JSON.createObjectNode().put("seq", seq).put("t_us", (System.nanoTime() - began) / 1000);
    line.set(key, value);
    write(line);
  }

  private static JsonNode parsed(String arguments) {
    if (arguments == null || arguments.isBlank()) return JSON.createObjectNode();
    try { return JSON.readTree(arguments); } catch (Exception error) { return JSON.getNodeFactory().textNode(arguments); }
  }

  private void work(JsonNode request, Operation operation, Callable<Void> work) {
    open.put(operation.seq, operation);
    timers.schedule(() -> { if (!operation.done) operation.stop("timeout"); }, request.path("deadline_ms").asLong(30000), TimeUnit.MILLISECONDS);
    workers.submit(() -> {
      try {
        work.call();
        operation.answer(null);
      } catch (Throwable error) {
        if (System.getenv("ASSAY_ADAPTER_TRACE") != null) error.printStackTrace();
        operation.answer(operation.ended == null ? error : null);
      }
    });
  }

  private static Where where(JsonNode request) {
    String origin = request.path("urls").path("inference").asText();
    String base = request.hasNonNull("base_url") ? request.get("base_url").asText() : origin + request.path("provider").path("api_base_path").asText("/v1");
    // A list of models may be public; SDKs want a key all the same.
    return new Where(origin, base, request.path("credential").path("key").asText("none"));
  }

  private void chat(ObjectNode request) {
    int seq = request.get("seq").asInt();
    if (!request.hasNonNull("credential")) {
      tell(seq, "skipped", JSON.createObjectNode().put("reason", "this client keeps no keys: the request must bring a credential"));
      return;
    }
    String name = request.path("session").asText(null);
    Session session = name == null ? new Session() : sessions.computeIfAbsent(name, key -> new Session());
    if (session.talk == null) session.talk = sdk.open(where(request));
    for (String field : List.of("model", "tools", "tool_mode", "params", "stream"))
      if (!request.hasNonNull(field) && session.last.hasNonNull(field)) request.set(field, session.last.get(field));
    session.last = request;
    Operation operation = new Operation(seq);
    ObjectNode result = operation.result.put("text", "").put("reasoning", "");
    result.putNull("finish_reason").putNull("usage");
    ArrayNode executed = result.putArray("executed");
    result.putArray("tool_calls");
    List<Tool> tools = new ArrayList<>();
    if (request.path("tools").isTextual()) {
      tools.add(new Tool("lookup", "Looks a path up and changes nothing.", parsed("{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"},\"query\":{\"type\":\"string\"},\"limit\":{\"type\":\"number\"}}}")));
    } else {
      for (JsonNode tool : request.path("tools")) tools.add(new Tool(tool.path("name").asText(), tool.path("description").asText(), tool.get("parameters")));
    }
    String model = request.path("model").asText(request.path("provider").path("seeds").path(0).asText("default"));
    Ask ask = new Ask(model, request.path("params"), request.path("stream").asBoolean(true), tools, piece -> say(operation, "text", piece), piece -> say(operation, "reasoning", piece), operation.closers::add);
    work(request, operation, () -> {
      if (!request.has("messages") && request.get("op").asText().equals("chat")) session.talk.add("user", "ping");
      for (JsonNode message : request.path("messages")) session.talk.add(message.get("role").asText(), message.get("content").asText());
      for (JsonNode given : request.path("results")) {
        String id = given.path("id").asText();
        Call call = session.pending.stream().filter(one -> id.equals(one.id())).findFirst().orElse(new Call(id, "", "{}"));
        session.talk.result(call, given.path("content").asText(), given.path("is_error").asBoolean());
      }
      for (int round = 1;; ++round) {
        result.put("text", "").put("reasoning", "");
        Answer answer = session.talk.turn(ask);
        ArrayNode calls = result.putArray("tool_calls");
        for (Call call : answer.calls()) calls.addObject().put("id", call.id()).put("name", call.name()).set("arguments", parsed(call.arguments()));
        String finish = answer.finish() == null ? null : FINISH.getOrDefault(answer.finish().toLowerCase(Locale.ROOT), "other");
        if ("stop".equals(finish) && !answer.calls().isEmpty()) finish = "tool_calls";
        result.put("finish_reason", finish);
        if (answer.usage() != null) result.set("usage", JSON.valueToTree(answer.usage()));
        session.pending = answer.calls();
        if (answer.calls().isEmpty() || operation.ended != null || request.path("tool_mode").asText().equals("report")) return null;
        // An answer that the provider cut short is not acted on.
        if (round > MAX_ROUNDS || List.of("length", "content_filter", "refusal").contains(String.valueOf(finish))) return null;
        for (Call call : answer.calls()) {
          JsonNode arguments = parsed(call.arguments());
          boolean good = arguments.isObject() && tools.stream().anyMatch(tool -> tool.name().equals(call.name()));
          if (good) executed.addObject().put("id", call.id()).put("name", call.name()).set("arguments", arguments);
          session.talk.result(call, good ? "{\"ok\":true}" : "{\"error\":\"there is no such tool, or its arguments are not a JSON object\"}", !good);
        }
        if (request.path("stop").asText().equals("after-tools")) return null;
      }
    });
  }

  private void say(Operation operation, String kind, String piece) {
    if (piece == null || piece.isEmpty()) return;
    synchronized (operation) {
      if (operation.done) return;
      operation.result.put(kind, operation.result.get(kind).asText() + piece);
    }
    tell(operation.seq, "event", JSON.createObjectNode().put("kind", kind).put("text", piece));
  }

  private void models(JsonNode request) {
    Operation operation = new Operation(request.get("seq").asInt());
    operation.result.put("source", "live");
    work(request, operation, () -> {
      ArrayNode ids = operation.result.putArray("ids"), models = operation.result.putArray("models");
      for (String id : sdk.models(where(request))) {
        ids.add(id);
        models.addObject().put("provider", request.path("provider").path("id").asText()).put("id", id);
      }
      return null;
    });
  }

  private void run() throws Exception {
    System.setOut(System.err);  // what an SDK prints is no part of the protocol
    ObjectNode hello = JSON.createObjectNode();
    ObjectNode told = hello.putObject("hello").put("client", sdk.name()).put("version", sdk.version()).put("role", "provider");
    told.putArray("protocol").add(1);
    ArrayNode can = told.putArray("capabilities").add("chat").add("cancel").add("protocol." + sdk.protocol());
    sdk.can().forEach(can::add);
    ArrayNode reports = told.putArray("reports").add("text").add("error.message");
    sdk.reports().forEach(reports::add);
    write(hello);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.isBlank()) continue;
      ObjectNode request = (ObjectNode) JSON.readTree(line);
      int seq = request.get("seq").asInt();
      switch (request.get("op").asText()) {
        case "chat", "tool_results" -> chat(request);
        case "models" -> {
          if (sdk.can().contains("models")) models(request);
          else tell(seq, "skipped", JSON.createObjectNode().put("reason", "this client has no models"));
        }
        case "cancel" -> {
          Operation target = open.get(request.path("target").asInt());
          if (target != null) target.stop("cancelled");
          tell(seq, "result", JSON.createObjectNode().put("ok", true).put("cancelled", target != null));
        }
        case "shutdown" -> {
          tell(seq, "result", JSON.createObjectNode().put("ok", true));
          Runtime.getRuntime().halt(0);
        }
        default -> tell(seq, "skipped", JSON.createObjectNode().put("reason", "this client has no " + request.get("op").asText()));
      }
    }
    Runtime.getRuntime().halt(0);  // an SDK's own threads would keep the process alive
  }

  static void serve(Sdk sdk) throws Exception { new Protocol(sdk).run(); }
}
