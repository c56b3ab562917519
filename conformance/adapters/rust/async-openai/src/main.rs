//! async-openai: `chat` uses chat completions, `responses` the Responses API. A conversation is kept as JSON and read
//! into the crate's own types for each request; what comes is looked at as those types write it, so that the adapter
//! fits all versions.
mod protocol;

use async_openai::{config::OpenAIConfig, error::OpenAIError, Client};
use futures::{future::BoxFuture, StreamExt};
use protocol::{serve, Answer, Ask, Call, Conversation, Failure, Sdk, Where};
use serde_json::{from_value, json, to_value, Value};

// Early versions have the code in the error itself, later ones in a struct inside: both show it in the same words.
fn failed(error: OpenAIError) -> Failure {
    let code = match &error {
        OpenAIError::ApiError(told) => format!("{told:?}").split("code: Some(\"").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_string),
        _ => None,
    };
    Failure { message: error.to_string(), code }
}

fn usage_of(usage: &Value) -> Option<Value> {
    let either = |one: &str, other: &str| usage.get(one).or(usage.get(other)).cloned().unwrap_or_default();
    (!usage.is_null()).then(|| {
        json!({"input": either("prompt_tokens", "input_tokens"), "output": either("completion_tokens", "output_tokens"),
               "reasoning": either("completion_tokens_details", "output_tokens_details")["reasoning_tokens"],
               "cached": either("prompt_tokens_details", "input_tokens_details")["cached_tokens"]})
    })
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}

struct Chat {
    client: Client<OpenAIConfig>,
    messages: Vec<Value>,
}

impl Chat {
    // Pieces of a call are joined by their index, as the API's guide does.
    async fn streamed(&self, ask: &Ask, mut body: Value) -> Result<(Value, Value, Value), Failure> {
        body["stream_options"] = json!({"include_usage": true});
        let mut stream = self.client.chat().create_stream(from_value(body).map_err(Failure::new)?).await.map_err(failed)?;
        ask.started();
        let (mut text, mut calls, mut finish, mut usage) = (String::new(), Vec::<Value>::new(), Value::Null, Value::Null);
        while let Some(item) = stream.next().await {
            let chunk = to_value(item.map_err(failed)?).map_err(Failure::new)?;
            if !chunk["usage"].is_null() {
                usage = chunk["usage"].clone();
            }
            let choice = &chunk["choices"][0];
            let piece = text_of(&choice["delta"]["content"]);
            ask.text(&piece);
            text += &piece;
            for piece in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
                let at = piece["index"].as_u64().unwrap_or_default() as usize;
                while calls.len() <= at {
                    calls.push(json!({"type": "function", "id": "", "function": {"name": "", "arguments": ""}}));
                }
                for path in ["/id", "/function/name", "/function/arguments"] {
                    if let (Some(into), Some(more)) = (calls[at].pointer_mut(path), piece.pointer(path)) {
                        *into = json!(text_of(into) + &text_of(more));
                    }
                }
            }
            if !choice["finish_reason"].is_null() {
                finish = choice["finish_reason"].clone();
            }
        }
        let mut message = json!({"role": "assistant", "content": text});
        if !calls.is_empty() {
            message["tool_calls"] = json!(calls);
        }
        Ok((message, finish, usage))
    }
}

impl Conversation for Chat {
    fn add(&mut self, role: &str, text: &str) {
        self.messages.push(json!({"role": role, "content": text}));
    }
    fn result(&mut self, call: &Call, text: &str, _failed: bool) {
        self.messages.push(json!({"role": "tool", "tool_call_id": call.id, "content": text}));
    }
    fn turn<'a>(&'a mut self, ask: &'a Ask) -> BoxFuture<'a, Result<Answer, Failure>> {
        Box::pin(async move {
            let mut body = json!(ask.params);
            body["model"] = json!(ask.model);
            body["messages"] = json!(self.messages);
            if !ask.tools.is_empty() {
                body["tools"] = ask.tools.iter().map(|tool| json!({"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters}})).collect();
            }
            let (message, finish, usage) = if ask.stream {
                self.streamed(ask, body).await?
            } else {
                let answer = self.client.chat().create(from_value(body).map_err(Failure::new)?).await.map_err(failed)?;
                let answer = to_value(answer).map_err(Failure::new)?;
                let choice = &answer["choices"][0];
                ask.text(&text_of(&choice["message"]["content"]));
                (choice["message"].clone(), choice["finish_reason"].clone(), answer["usage"].clone())
            };
            let one = |call: &Value| Call { id: text_of(&call["id"]), name: text_of(&call["function"]["name"]), arguments: call["function"]["arguments"].clone(), extra: Value::Null };
            let calls = message["tool_calls"].as_array().into_iter().flatten().map(one).collect();
            self.messages.push(message);
            Ok(Answer { calls, finish: finish.as_str().map(str::to_string), usage: usage_of(&usage) })
        })
    }
}

struct Responses {
    client: Client<OpenAIConfig>,
    items: Vec<Value>,
}

impl Responses {
    // The Response at the end of the stream; a failed one is an event, no error: a careful caller looks.
    async fn streamed(&self, ask: &Ask, mut body: Value) -> Result<Value, Failure> {
        body["stream"] = json!(true);
        let mut stream = self.client.responses().create_stream(from_value(body).map_err(Failure::new)?).await.map_err(failed)?;
        ask.started();
        let mut response = Value::Null;
        while let Some(item) = stream.next().await {
            let event = to_value(item.map_err(failed)?).map_err(Failure::new)?;
            match event["type"].as_str().unwrap_or_default() {
                "response.output_text.delta" | "response.refusal.delta" => ask.text(&text_of(&event["delta"])),
                "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => ask.reasoning(&text_of(&event["delta"])),
                "response.completed" | "response.incomplete" | "response.failed" => response = event["response"].clone(),
                "error" => return Err(Failure { message: text_of(&event["message"]), code: event["code"].as_str().map(str::to_string) }),
                _ => {}
            }
        }
        Ok(response)
    }
}

impl Conversation for Responses {
    fn add(&mut self, role: &str, text: &str) {
        self.items.push(json!({"type": "message", "role": role, "content": text}));
    }
    fn result(&mut self, call: &Call, text: &str, _failed: bool) {
        self.items.push(json!({"type": "function_call_output", "call_id": call.id, "output": text}));
    }
    fn turn<'a>(&'a mut self, ask: &'a Ask) -> BoxFuture<'a, Result<Answer, Failure>> {
        Box::pin(async move {
            let mut body = json!(ask.params);
            body["model"] = json!(ask.model);
            body["input"] = json!(self.items);
            body["store"] = json!(false);
            if !ask.tools.is_empty() {
                body["tools"] = ask.tools.iter().map(|tool| json!({"type": "function", "name": tool.name, "description": tool.description, "parameters": tool.parameters, "strict": false})).collect();
            }
            let response = if ask.stream {
                self.streamed(ask, body).await?
            } else {
                let answer = self.client.responses().create(from_value(body).map_err(Failure::new)?).await.map_err(failed)?;
                let answer = to_value(answer).map_err(Failure::new)?;
                for item in answer["output"].as_array().into_iter().flatten() {
                    for part in item["content"].as_array().into_iter().flatten() {
                        ask.text(&text_of(&part["text"]));
                    }
                }
                answer
            };
            if response["status"] == "failed" {
                return Err(Failure { message: text_of(&response["error"]["message"]), code: response["error"]["code"].as_str().map(str::to_string) });
            }
            let output: Vec<Value> = response["output"].as_array().cloned().unwrap_or_default();
            let one = |item: &Value| Call { id: text_of(&item["call_id"]), name: text_of(&item["name"]), arguments: item["arguments"].clone(), extra: Value::Null };
            let calls = output.iter().filter(|item| item["type"] == "function_call").map(one).collect();
            self.items.extend(output);
            let finish = response["incomplete_details"]["reason"].as_str().or(response["status"].as_str()).map(str::to_string);
            Ok(Answer { calls, finish, usage: usage_of(&response["usage"]) })
        })
    }
}

struct OpenAi {
    responses: bool,
}

fn connect(place: Where) -> Client<OpenAIConfig> {
    Client::with_config(OpenAIConfig::new().with_api_key(place.key).with_api_base(place.base))
}

impl Sdk for OpenAi {
    fn protocol(&self) -> &'static str {
        if self.responses { "openai-responses" } else { "openai-chat" }
    }
    fn can(&self) -> Vec<&'static str> {
        vec!["stream", "tools", "models"]
    }
    fn reports(&self) -> Vec<&'static str> {
        vec!["deltas", "tool_calls", "executed", "finish_reason", "usage", "models", "error.code"]
    }
    fn open(&self, place: Where) -> Box<dyn Conversation> {
        let client = connect(place);
        if self.responses { Box::new(Responses { client, items: vec![] }) } else { Box::new(Chat { client, messages: vec![] }) }
    }
    fn models(&self, place: Where) -> Option<BoxFuture<'static, Result<Vec<String>, Failure>>> {
        Some(Box::pin(async move {
            let listed = connect(place).models().list().await.map_err(failed)?;
            Ok(listed.data.into_iter().map(|model| model.id).collect())
        }))
    }
}

fn main() {
    serve(Box::new(OpenAi { responses: std::env::args().nth(1).as_deref() == Some("responses") }));
}
