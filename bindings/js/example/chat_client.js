// Two clients of an OpenAI-compatible API: one that tries again when the provider is busy, and one that does not.
export async function ask(baseURL, key, text) {
  const body = JSON.stringify({model: "kimi-k2.6", messages: [{role: "user", content: text}]});
  const answer = await fetch(`${baseURL}/chat/completions`, {
    method: "POST", headers: {Authorization: `Bearer ${key}`, "Content-Type": "application/json"}, body});
  if (!answer.ok) throw Object.assign(new Error(`status ${answer.status}`), {status: answer.status});
  return (await answer.json()).choices[0].message.content;
}

export async function patient(baseURL, key, text, tries = 3) {
  for (;;) {
    try {
      return await ask(baseURL, key, text);
    } catch (error) {
      if (error.status !== 503 || --tries === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
