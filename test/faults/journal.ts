/**
 * What etcd itself has on record: every revision under a prefix since the first one, by etcd's JSON
 * gateway, with nothing of the store under test. It can be followed while things happen, for the times,
 * and read once more when all is over, for the judgement.
 */

export interface Revision {
  readonly revision: number;
  /** When it was seen here, monotonic. */
  readonly atMs: number;
  /** By key, relative to the prefix. */
  readonly puts: ReadonlyMap<string, string>;
  readonly deletes: readonly string[];
}

interface GrowingRevision extends Revision {
  readonly puts: Map<string, string>;
  readonly deletes: string[];
}

interface RawEvent {
  readonly type?: string;
  readonly kv: { readonly key: string; readonly value?: string; readonly mod_revision: string };
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const plain = (text: string): string => Buffer.from(text, "base64").toString();

export class Journal {
  readonly revisions: GrowingRevision[] = [];
  readonly #abort = new AbortController();
  readonly #reading: Promise<void>;
  readonly #waiting = new Set<() => void>();
  #failure: unknown;

  /** `prefix` ends with a slash. */
  constructor(endpoint: string, prefix: string) {
    this.#reading = this.#read(endpoint, prefix).catch((error: unknown) => {
      if (this.#abort.signal.aborted) return;
      this.#failure = error;
      this.#wake();
    });
  }

  /** The first revision that matches, of those that are known and those to come. */
  async first(
    what: string,
    matches: (revision: Revision) => boolean,
    timeoutMs: number,
  ): Promise<Revision> {
    let seen = 0;
    const look = (): Revision | undefined => {
      const found = this.revisions.slice(seen).find(matches);
      seen = this.revisions.length;
      return found;
    };
    return this.#until(what, look, timeoutMs);
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#reading;
  }

  async #read(endpoint: string, prefix: string): Promise<void> {
    const end = prefix.slice(0, -1) + String.fromCharCode("/".charCodeAt(0) + 1);
    const create = { key: base64(prefix), range_end: base64(end), start_revision: "1" };
    const answer = await fetch(`http://${endpoint}/v3/watch`, {
      method: "POST",
      body: JSON.stringify({ create_request: create }),
      signal: this.#abort.signal,
    });
    if (answer.body === null) throw new Error("etcd's watch has no body");
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of answer.body) {
      text += decoder.decode(chunk, { stream: true });
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") this.#take(JSON.parse(line), prefix);
      this.#wake();
    }
    throw new Error("etcd ended the watch");
  }

  /** One message has whole revisions, as fragments were not asked for. */
  #take(message: unknown, prefix: string): void {
    const { result } = message as { readonly result: { readonly events?: readonly RawEvent[] } };
    const atMs = performance.now();
    for (const { type, kv } of result.events ?? []) {
      const revision = Number(kv.mod_revision);
      let last = this.revisions.at(-1);
      if (last?.revision !== revision) {
        last = { revision, atMs, puts: new Map(), deletes: [] };
        this.revisions.push(last);
      }
      const key = plain(kv.key).slice(prefix.length);
      if (type === "DELETE") last.deletes.push(key);
      else last.puts.set(key, plain(kv.value ?? ""));
    }
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }

  #until<T>(what: string, look: () => T | undefined, timeoutMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (then: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(attempt);
        then();
      };
      const timer = setTimeout(
        () =>
          settle(() => reject(new Error(`timed out after ${timeoutMs} ms, waiting for ${what}`))),
        timeoutMs,
      );
      const attempt = (): void => {
        const found = look();
        if (found !== undefined) settle(() => resolve(found));
        else if (this.#failure !== undefined) settle(() => reject(this.#failure));
      };
      this.#waiting.add(attempt);
      attempt();
    });
  }
}

/** All revisions up to `last`, read anew. */
export async function readJournal(
  endpoint: string,
  prefix: string,
  last: bigint,
): Promise<readonly Revision[]> {
  const journal = new Journal(endpoint, prefix);
  try {
    await journal.first(`revision ${last}`, ({ revision }) => revision >= Number(last), 20_000);
    return journal.revisions;
  } finally {
    await journal.close();
  }
}
