//! rig-core: its completion models for OpenAI, Anthropic, Gemini and Ollama, named by the first argument. The crate's
//! messages, events and answers are taken as JSON, which all versions read and write: their types differ.
mod protocol;

use futures::{future::BoxFuture, StreamExt};
use protocol::{serve, Answer, Ask, Call, Conversation, Failure, Sdk, Where};
use rig::client::{CompletionClient, Nothing};
use rig::completion::{CompletionModel, Message, ToolDefinition};
use rig::providers::{anthropic, gemini, ollama, openai};
use serde_json::{from_value, json, to_value, Value};

struct Talk {
    way: &'static str,
    place: Where,
    system: Option<String>,
    messages: Vec<Value>,
}

// One request through a client of the crate, whatever its type: gives the joined choice, and what the crate says at the end.
macro_rules! asked {
    ($client:ty, $builder:expr, $talk:expr, $ask:expr) => {{
        let ask: &Ask = $ask;
        let client: $client = $builder.build().map_err(Failure::new)?;
        let model = client.completion_model(ask.model.clone());
        let mut history: Vec<Message> = from_value(json!($talk.messages)).map_err(Failure::new)?;
        let prompt = history.pop().ok_or_else(|| Failure::new("there is nothing to ask"))?;
        let mut params = ask.params.clone();
        let temperature = params.remove("temperature").and_then(|value| value.as_f64());
        let tools = ask.tools.iter().map(|tool| ToolDefinition { name: tool.name.clone(), description: tool.description.clone(), parameters: tool.parameters.clone() }).collect();
        let mut request = model.completion_request(prompt).messages(history).tools(tools).temperature_opt(temperature);
        if !params.is_empty() {
            request = request.additional_params(Value::Object(params));
        }
        if let Some(system) = &$talk.system {
            request = request.preamble(system.clone());
        }
        if $talk.way == "anthropic" {
            request = request.max_tokens(4096);
        }
        if ask.stream {
            let mut stream = request.stream().await.map_err(Failure::new)?;
            let (mut last, mut wrong) = (Value::Null, None);
            // An error may be that of one frame, as the crate's documentation says: what follows is read.
            while let Some(item) = stream.next().await {
                match item {
                    Ok(item) => heard(ask, to_value(&item).map_err(Failure::new)?, &mut last),
                    Err(error) => wrong = wrong.or(Some(Failure::new(error))),
                }
            }
            match wrong {
                Some(wrong) if stream.response.is_none() => return Err(wrong),
                _ => (to_value(&stream.choice).map_err(Failure::new)?, last),
            }
        } else {
            let answer = request.send().await.map_err(Failure::new)?;
            let choice = to_value(&answer.choice).map_err(Failure::new)?;
            for part in choice.as_array().into_iter().flatten() {
                ask.text(part["text"].as_str().unwrap_or_default());
            }
            (choice, json!({"usage": to_value(&answer.usage).map_err(Failure::new)?}))
        }
    }};
}

// Takes an item of a stream; the last one, of the provider's own shape, is kept.
fn heard(ask: &Ask, item: Value, last: &mut Value) {
    if let Some(text) = item["text"].as_str() {
        ask.text(text);
    } else if let Some(piece) = item["reasoning"].as_str() {
        ask.reasoning(piece);
    } else if item.get("internal_call_id").is_none() && item.get("content").is_none() && !item["reasoning"].is_object() {
        *last = item;
    }
}

fn usage_of(last: &Value) -> Option<Value> {
    let usage = ["usage", "usage_metadata"].iter().find_map(|name| last.get(name)).unwrap_or(last);
    let count = |names: &[&str]| names.iter().find_map(|name| usage.get(name)).and_then(Value::as_u64);
    let input = count(&["input_tokens", "prompt_tokens", "promptTokenCount", "prompt_eval_count"])?;
    let output = count(&["output_tokens", "completion_tokens", "candidatesTokenCount", "eval_count"])?;
    (input + output > 0).then(|| json!({"input": input, "output": output}))  // zero is the crate's word for none
}

impl Conversation for Talk {
    fn add(&mut self, role: &str, text: &str) {
        if role == "system" {
            self.system = Some(self.system.take().map_or_else(|| text.to_string(), |before| before + "\n" + text));
        } else {
            self.messages.push(json!({"role": role, "content": [{"type": "text", "text": text}]}));
        }
    }
    fn result(&mut self, call: &Call, text: &str, _failed: bool) {
        // The handle of a call has one name in early versions and another in later ones.
        let mut result = json!({"type": "toolresult", "id": call.id, "call": call.extra["id"], "name": call.name, "content": [{"type": "text", "text": text}]});
        for field in ["call_id", "provider"] {
            if !call.extra[field].is_null() {
                result[field] = call.extra[field].clone();
            }
        }
        self.messages.push(json!({"role": "user", "content": [result]}));
    }
    fn turn<'a>(&'a mut self, ask: &'a Ask) -> BoxFuture<'a, Result<Answer, Failure>> {
        Box::pin(async move {
            let (key, base, origin) = (&self.place.key, &self.place.base, &self.place.origin);
            let (choice, last) = match self.way {
                "anthropic" => asked!(anthropic::Client, anthropic::Client::builder().api_key(key).base_url(origin), self, ask),
                "gemini" => asked!(gemini::Client, gemini::Client::builder().api_key(key).base_url(origin), self, ask),
                "ollama" => asked!(ollama::Client, ollama::Client::builder().api_key(Nothing).base_url(origin), self, ask),
                "responses" => asked!(openai::Client, openai::Client::builder().api_key(key).base_url(base), self, ask),
                _ => asked!(openai::CompletionsClient, openai::CompletionsClient::builder().api_key(key).base_url(base), self, ask),
            };
            let parts = choice.as_array().cloned().unwrap_or_default();
            let one = |part: &Value| Call { id: part["id"].as_str().unwrap_or_default().to_string(), name: part["function"]["name"].as_str().unwrap_or_default().to_string(),
                                            arguments: part["function"]["arguments"].clone(), extra: part.clone() };
            let calls = parts.iter().filter(|part| part["function"].is_object()).map(one).collect();
            self.messages.push(json!({"role": "assistant", "id": null, "content": choice}));
            let finish = last["finish_reason"].as_str().map(str::to_string);
            Ok(Answer { calls, finish, usage: usage_of(&last) })
        })
    }
}

struct Rig {
    way: &'static str,
}

impl Sdk for Rig {
    fn protocol(&self) -> &'static str {
        match self.way {
            "openai" => "openai-chat",
            "responses" => "openai-responses",
            way => way,
        }
    }
    fn can(&self) -> Vec<&'static str> {
        vec!["stream", "tools", "reasoning"]
    }
    fn reports(&self) -> Vec<&'static str> {
        vec!["deltas", "reasoning", "tool_calls", "executed"]
    }
    fn open(&self, place: Where) -> Box<dyn Conversation> {
        Box::new(Talk { way: self.way, place, system: None, messages: vec![] })
    }
}

fn main() {
    let way = std::env::args().nth(1).unwrap_or_default();
    let way = ["openai", "responses", "anthropic", "gemini", "ollama"].into_iter().find(|known| *known == way).unwrap_or("openai");
    serve(Box::new(Rig { way }));
}
