//! The adapter protocol (docs/adapter-protocol.md) for clients written in Rust: everything but the calls of the SDK.
//! A client file builds it together with the adapter (build: ["${adapters}/rust/protocol", …]); an adapter is a
//! Cargo.toml whose [package.metadata] names the SDK, and a main.rs that calls serve: see async-openai.
#![allow(dead_code)] // no SDK needs all of it

use futures::future::BoxFuture;
use serde_json::{json, Map, Value};
use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, Mutex as AsyncMutex};

/// Where the provider of a request is.
pub struct Where {
    pub origin: String,
    pub base: String,
    pub key: String,
}

#[derive(Clone)]
pub struct Tool {
    pub name: String,
    pub description: String,
    pub parameters: Value,
}

/// A call that the model made. Arguments are an object, or JSON text; `extra` is the adapter's own.
#[derive(Clone, Default)]
pub struct Call {
    pub id: String,
    pub name: String,
    pub arguments: Value,
    pub extra: Value,
}

/// What one request gave. `finish` is the provider's word for its end, none when the SDK gave none; `usage` has
/// input, output, reasoning and cached, as far as the SDK told them.
#[derive(Default)]
pub struct Answer {
    pub calls: Vec<Call>,
    pub finish: Option<String>,
    pub usage: Option<Value>,
}

/// What an error of the SDK says, and no more.
pub struct Failure {
    pub message: String,
    pub code: Option<String>,
}

impl Failure {
    pub fn new(error: impl std::fmt::Display) -> Self {
        Failure { message: error.to_string(), code: None }
    }
}

/// One request to send, and what to call while its answer comes.
pub struct Ask {
    pub model: String,
    pub params: Map<String, Value>,
    pub stream: bool,
    pub tools: Vec<Tool>,
    say: Arc<dyn Fn(&str, &str) + Send + Sync>,
}

impl Ask {
    pub fn text(&self, piece: &str) {
        (self.say)("text", piece)
    }
    /// The SDK says that a stream has begun.
    pub fn started(&self) {
        (self.say)("started", "")
    }
    pub fn reasoning(&self, piece: &str) {
        (self.say)("reasoning", piece)
    }
}

/// The history of one session in the SDK's own form. `turn` sends one request and keeps the answer; it is dropped
/// when the request is cancelled.
pub trait Conversation: Send {
    fn add(&mut self, role: &str, text: &str);
    fn result(&mut self, call: &Call, text: &str, failed: bool);
    fn turn<'a>(&'a mut self, ask: &'a Ask) -> BoxFuture<'a, Result<Answer, Failure>>;
}

pub trait Sdk: Send + Sync + 'static {
    fn protocol(&self) -> &'static str;
    fn can(&self) -> Vec<&'static str>;
    fn reports(&self) -> Vec<&'static str>;
    fn open(&self, place: Where) -> Box<dyn Conversation>;
    /// None: this SDK lists no models.
    fn models(&self, _place: Where) -> Option<BoxFuture<'static, Result<Vec<String>, Failure>>> {
        None
    }
}

const MAX_ROUNDS: usize = 8;

struct Session {
    talk: Box<dyn Conversation>,
    pending: Vec<Call>,
}

type Shared = Arc<Mutex<Map<String, Value>>>;

struct Server {
    sdk: Box<dyn Sdk>,
    began: Instant,
    open: Mutex<HashMap<i64, oneshot::Sender<&'static str>>>,
    sessions: Mutex<HashMap<String, (Arc<AsyncMutex<Session>>, Value)>>,
}

/// Arguments of a call as an object; text that is no JSON stays text.
pub fn parsed(arguments: &Value) -> Value {
    match arguments {
        Value::Null => json!({}),
        Value::String(text) if text.trim().is_empty() => json!({}),
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| arguments.clone()),
        _ => arguments.clone(),
    }
}

fn finish_reason(word: &Option<String>, calls: usize) -> Value {
    let Some(word) = word else { return Value::Null };
    let known = match word.to_lowercase().replace('-', "_").as_str() {
        "stop" | "end_turn" | "stop_sequence" | "completed" => "stop",
        "length" | "max_tokens" | "max_output_tokens" | "incomplete" => "length",
        "tool_calls" | "toolcalls" | "tool_use" | "function_call" => "tool_calls",
        "content_filter" | "contentfilter" | "safety" => "content_filter",
        "refusal" => "refusal",
        _ => "other",
    };
    json!(if known == "stop" && calls > 0 { "tool_calls" } else { known })
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}

fn place_of(request: &Value) -> Where {
    let origin = text_of(&request["urls"]["inference"]);
    let path = request["provider"]["api_base_path"].as_str().unwrap_or("/v1");
    let base = request["base_url"].as_str().map_or_else(|| format!("{origin}{path}"), str::to_string);
    // A list of models may be public; SDKs want a key all the same.
    Where { origin, base, key: request["credential"]["key"].as_str().unwrap_or("none").to_string() }
}

fn tools_of(request: &Value) -> Vec<Tool> {
    let harmless = json!([{"name": "lookup", "description": "Looks a path up and changes nothing.",
        "parameters": {"type": "object", "properties": {"path": {"type": "string"}, "query": {"type": "string"}, "limit": {"type": "number"}}}}]);
    let listed = if request["tools"].is_string() { &harmless } else { &request["tools"] };
    let one = |tool: &Value| Tool { name: text_of(&tool["name"]), description: text_of(&tool["description"]), parameters: tool["parameters"].clone() };
    listed.as_array().map(|tools| tools.iter().map(one).collect()).unwrap_or_default()
}

impl Server {
    fn tell(&self, seq: i64, key: &str, value: Value) {
        let mut line = json!({"seq": seq, "t_us": self.began.elapsed().as_micros() as u64});
        line[key] = value;
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{line}");
        let _ = out.flush();
    }

    /// Runs `work` until its answer, its deadline or its cancel, and answers once.
    fn operate(self: &Arc<Self>, request: &Value, result: Shared, work: BoxFuture<'static, Result<(), Failure>>) {
        let seq = request["seq"].as_i64().unwrap_or_default();
        let deadline = Duration::from_millis(request["deadline_ms"].as_u64().unwrap_or(30000));
        let (stop, stopped) = oneshot::channel();
        self.open.lock().unwrap().insert(seq, stop);
        let server = self.clone();
        tokio::spawn(async move {
            let (failure, category) = tokio::select! {
                done = work => (done.err(), None),
                why = stopped => (Some(Failure::new("cancelled")), Some(why.unwrap_or("cancelled"))),
                _ = tokio::time::sleep(deadline) => (Some(Failure::new("no answer before the deadline")), Some("timeout")),
            };
            server.open.lock().unwrap().remove(&seq);
            let mut told = result.lock().unwrap().clone();
            told.insert("ok".into(), json!(failure.is_none()));
            if let Some(failure) = failure {
                let mut error = json!({"message": failure.message});
                if let Some(code) = failure.code {
                    error["code"] = json!(code);
                }
                if let Some(category) = category {
                    error["category"] = json!(category);
                }
                told.insert("error".into(), error);
            }
            server.tell(seq, "result", Value::Object(told));
        });
    }

    fn chat(self: &Arc<Self>, mut request: Value) {
        let seq = request["seq"].as_i64().unwrap_or_default();
        if request["credential"].is_null() {
            return self.tell(seq, "skipped", json!({"reason": "this client keeps no keys: the request must bring a credential"}));
        }
        let name = request["session"].as_str().map(str::to_string);
        let mut sessions = self.sessions.lock().unwrap();
        let known = name.as_ref().and_then(|name| sessions.get(name).cloned());
        if known.is_none() && request["op"] == "tool_results" {
            return self.tell(seq, "errored", json!({"message": "no session waits for tool results"}));
        }
        let session = match known {
            Some((session, last)) => {
                for field in ["model", "tools", "tool_mode", "params", "stream"] {
                    if request[field].is_null() {
                        request[field] = last[field].clone();
                    }
                }
                session
            }
            None => Arc::new(AsyncMutex::new(Session { talk: self.sdk.open(place_of(&request)), pending: vec![] })),
        };
        if let Some(name) = name {
            sessions.insert(name, (session.clone(), request.clone()));
        }
        drop(sessions);
        let result: Shared = Arc::new(Mutex::new(
            json!({"text": "", "reasoning": "", "tool_calls": [], "executed": [], "finish_reason": null, "usage": null}).as_object().unwrap().clone(),
        ));
        let (server, into) = (self.clone(), result.clone());
        let say = move |kind: &str, piece: &str| {
            if kind == "started" {
                return server.tell(seq, "event", json!({"kind": kind, "status": 200, "attempt": 1}));
            }
            if piece.is_empty() {
                return;
            }
            let mut held = into.lock().unwrap();
            let whole = text_of(&held[kind]) + piece;
            held.insert(kind.into(), json!(whole));
            server.tell(seq, "event", json!({"kind": kind, "text": piece}));
        };
        let model = request["model"].as_str().or(request["provider"]["seeds"][0].as_str()).unwrap_or("default").to_string();
        let ask = Ask { model, params: request["params"].as_object().cloned().unwrap_or_default(), stream: request["stream"].as_bool().unwrap_or(true),
                        tools: tools_of(&request), say: Arc::new(say) };
        let (held, asked) = (result.clone(), request.clone());
        self.operate(&request, result, Box::pin(async move { rounds(session, ask, asked, held).await }));
    }

    fn models(self: &Arc<Self>, request: Value) {
        let Some(list) = self.sdk.models(place_of(&request)) else {
            return self.tell(request["seq"].as_i64().unwrap_or_default(), "skipped", json!({"reason": "this client has no models"}));
        };
        let result: Shared = Arc::new(Mutex::new(json!({"source": "live"}).as_object().unwrap().clone()));
        let (held, provider) = (result.clone(), request["provider"]["id"].clone());
        self.operate(&request, result, Box::pin(async move {
            let ids = list.await?;
            let mut held = held.lock().unwrap();
            held.insert("models".into(), ids.iter().map(|id| json!({"provider": provider, "id": id})).collect());
            held.insert("ids".into(), json!(ids));
            Ok(())
        }));
    }
}

/// Asks, runs the calls, and asks again, at most MAX_ROUNDS times.
async fn rounds(session: Arc<AsyncMutex<Session>>, ask: Ask, request: Value, result: Shared) -> Result<(), Failure> {
    let mut session = session.lock().await;
    if request["op"] == "chat" && request["messages"].is_null() {
        session.talk.add("user", "ping");
    }
    for message in request["messages"].as_array().into_iter().flatten() {
        session.talk.add(&text_of(&message["role"]), &text_of(&message["content"]));
    }
    let pending = std::mem::take(&mut session.pending);
    for given in request["results"].as_array().into_iter().flatten() {
        let id = text_of(&given["id"]);
        let call = pending.iter().find(|call| call.id == id).cloned().unwrap_or(Call { id, ..Call::default() });
        session.talk.result(&call, &text_of(&given["content"]), given["is_error"] == true);
    }
    for round in 1.. {
        {
            let mut held = result.lock().unwrap();
            held.insert("text".into(), json!(""));
            held.insert("reasoning".into(), json!(""));
        }
        let answer = session.talk.turn(&ask).await?;
        let finish = finish_reason(&answer.finish, answer.calls.len());
        {
            let mut held = result.lock().unwrap();
            held.insert("tool_calls".into(), answer.calls.iter().map(|call| json!({"id": call.id, "name": call.name, "arguments": parsed(&call.arguments)})).collect());
            held.insert("finish_reason".into(), finish.clone());
            held.insert("usage".into(), answer.usage.unwrap_or(Value::Null));
        }
        if answer.calls.is_empty() {
            return Ok(());
        }
        if request["tool_mode"] == "report" {
            session.pending = answer.calls;
            return Ok(());
        }
        // An answer that the provider cut short is not acted on.
        if round > MAX_ROUNDS || ["length", "content_filter", "refusal"].contains(&finish.as_str().unwrap_or_default()) {
            return Ok(());
        }
        for call in &answer.calls {
            let arguments = parsed(&call.arguments);
            if arguments.is_object() && ask.tools.iter().any(|tool| tool.name == call.name) {
                let mut held = result.lock().unwrap();
                if let Some(Value::Array(executed)) = held.get_mut("executed") {
                    executed.push(json!({"id": call.id, "name": call.name, "arguments": arguments}));
                }
                session.talk.result(call, "{\"ok\":true}", false);
            } else {
                session.talk.result(call, "{\"error\":\"there is no such tool, or its arguments are not a JSON object\"}", true);
            }
        }
        if request["stop"] == "after-tools" {
            return Ok(());
        }
    }
    Ok(())
}

/// Speaks the protocol on stdin and stdout until stdin ends.
pub fn serve(sdk: Box<dyn Sdk>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let _inside = runtime.enter();
    let mut can = vec!["chat".to_string(), "cancel".into(), "param.temperature".into(), format!("protocol.{}", sdk.protocol())];
    can.extend(sdk.can().iter().map(|one| one.to_string()));
    let mut reports = vec!["text", "error.message"];
    reports.extend(sdk.reports());
    println!("{}", json!({"hello": {"protocol": [1], "client": env!("SDK_NAME"), "version": env!("SDK_VERSION"), "role": "provider", "capabilities": can, "reports": reports}}));
    let server = Arc::new(Server { sdk, began: Instant::now(), open: Mutex::default(), sessions: Mutex::default() });
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        if line.trim().is_empty() {
            continue;
        }
        let request: Value = serde_json::from_str(&line).unwrap_or_default();
        let seq = request["seq"].as_i64().unwrap_or_default();
        match request["op"].as_str().unwrap_or_default() {
            "chat" | "tool_results" => server.chat(request),
            "models" => server.models(request),
            "cancel" => {
                let stop = server.open.lock().unwrap().remove(&request["target"].as_i64().unwrap_or_default());
                let cancelled = stop.is_some_and(|stop| stop.send("cancelled").is_ok());
                server.tell(seq, "result", json!({"ok": true, "cancelled": cancelled}));
            }
            "shutdown" => {
                server.tell(seq, "result", json!({"ok": true}));
                break;
            }
            op => server.tell(seq, "skipped", json!({"reason": format!("this client has no {op}")})),
        }
    }
    std::process::exit(0);
}
