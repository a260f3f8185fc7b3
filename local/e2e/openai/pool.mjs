// Keeps requests open through one OpenAI client with its connection pool, without
// retries: node pool.mjs BASE_URL MODEL CLIENTS TOKENS. Every second response is
// streamed. It prints "open" when each of CLIENTS concurrent clients has a response.
// When its input ends, it finishes the open requests and prints the results as JSON.
import OpenAI from 'openai';

const [baseURL, model, clients, tokens] = process.argv.slice(2);
const client = new OpenAI({ baseURL, maxRetries: 0, timeout: 120_000 });
const seen = { answered: 0, failed: [] };

let ended = false;
process.stdin.on('end', () => { ended = true; }).resume();

async function streamed(request) {
  let finish, usage;
  const stream = await client.chat.completions.create({ ...request, stream: true, stream_options: { include_usage: true } });
  for await (const chunk of stream) {
    finish = chunk.choices[0]?.finish_reason ?? finish;
    usage = chunk.usage ?? usage;
  }
  return { finish, usage };
}

async function whole(request) {
  const answer = await client.chat.completions.create(request);
  return { finish: answer.choices[0].finish_reason, usage: answer.usage };
}

async function ask(ways) {
  const request = {
    model, messages: [{ role: 'user', content: 'a b c d' }], max_tokens: Number(tokens), ignore_eos: true,
  };
  const { finish, usage } = await ways(request);
  if (finish !== 'length' || usage?.completion_tokens !== request.max_tokens) {
    throw new Error(`cut: ${usage?.completion_tokens} of ${tokens} tokens, finished by ${finish}`);
  }
}

async function work(number, first) {
  for (let round = 0; !ended; round += 1) {
    try {
      await ask((number + round) % 2 === 0 ? streamed : whole);
      seen.answered += 1;
    } catch (error) {
      seen.failed.push([error.status, error.message, error.cause?.code, error.cause?.message].filter(Boolean).join(' '));
    }
    first();
  }
}

let waiting = Number(clients);
await Promise.all(Array.from({ length: Number(clients) }, (_, number) => {
  let counted = false;
  return work(number, () => {
    if (!counted && (waiting -= 1) === 0) console.log('open');
    counted = true;
  });
}));
console.log(JSON.stringify(seen));
