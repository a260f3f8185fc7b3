// Uses a deployed model through OpenAI's own client and prints the results as
// JSON: node client.mjs BASE_URL MODEL, with the key in OPENAI_API_KEY.
import OpenAI from 'openai';

const [baseURL, model] = process.argv.slice(2);
const client = new OpenAI({ baseURL, maxRetries: 0, timeout: 60_000 });
const messages = [{ role: 'user', content: 'Say something about tokens.' }];

async function failure(request) {
  try {
    await request();
    return null;
  } catch (error) {
    return { class: error.constructor.name, status: error.status, message: error.message, type: error.type };
  }
}

const seen = { models: [], chunks: 0, text: '', finish: null, usage: null };
for await (const entry of client.models.list()) seen.models.push(entry.id);

const stream = await client.chat.completions.create({
  model, messages, max_tokens: 24, stream: true, stream_options: { include_usage: true },
});
for await (const chunk of stream) {
  seen.chunks += 1;
  seen.text += chunk.choices[0]?.delta?.content ?? '';
  seen.finish = chunk.choices[0]?.finish_reason ?? seen.finish;
  seen.usage = chunk.usage ?? seen.usage;
}

const whole = await client.chat.completions.create({ model, messages, max_tokens: 8 });
seen.whole = { text: whole.choices[0].message.content, usage: whole.usage };

seen.wrongModel = await failure(() => client.chat.completions.create({ model: 'no/such-model', messages }));
const stranger = new OpenAI({ baseURL, apiKey: 'not-the-key', maxRetries: 0 });
seen.wrongKey = await failure(() => stranger.models.list());

console.log(JSON.stringify(seen));
