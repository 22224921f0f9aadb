/* The till's questions to the server. `Offline` is thrown where no answer comes; a refusal is an answer. */

export class Offline extends Error {}
export class Refused extends Error {
  constructor(status, said) {
    super(said.message ?? said.code ?? String(status));
    this.status = status;
    this.code = said.code ?? "";
  }
}

const WAIT = 8_000;
let token = "";

/** Ask; a form token that is out of date is fetched anew once, which also tells whether one is still signed in. */
export async function ask(path, given = {}) {
  try {
    return await askOnce(path, given);
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== "stale_token") throw error;
    await askOnce("/till/state/", { signal: given.signal });
    return askOnce(path, given);
  }
}

async function askOnce(path, { body, signal } = {}) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) Object.assign(headers, { "Content-Type": "application/json", "X-CSRFToken": token });
  const give_up = AbortSignal.timeout(WAIT);
  let answer;
  try {
    answer = await fetch(path, {
      method: body === undefined ? "GET" : "POST",
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, give_up]) : give_up,
      redirect: "error",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Offline(String(error));
  }
  // A server that is not there, or that cannot now, is no network; a sale must not wait for it.
  if (answer.status >= 500 || answer.status === 408) throw new Offline(String(answer.status));
  let said;
  try {
    said = await answer.json();
  } catch {
    said = { code: answer.status === 403 ? "stale_token" : "not_json" };
  }
  // "Too many" of the till's own server is an answer, with its reason; that of a server before it is none.
  if (answer.status === 429 && said.code === "not_json") throw new Offline("429");
  if (said.token) token = said.token;
  if (!answer.ok) throw new Refused(answer.status, said);
  return said;
}
