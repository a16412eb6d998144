import { connect } from "node:net";

export interface RawRequest {
  readonly host: string;
  readonly path: string;
  readonly method?: string;
  /** Sent as they are: a character for each byte. */
  readonly headers: readonly (readonly [string, string])[];
}

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

/**
 * The answers to requests of HTTP/1.1 without bodies, in their order, over kept connections. Less
 * work than `node:http`, and any bytes: doubled and empty headers, paths that URL would change.
 */
export async function rawHttp(
  port: number,
  requests: readonly RawRequest[],
  connections = 16,
): Promise<readonly RawAnswer[]> {
  const answers: RawAnswer[] = [];
  let next = 0;
  const take = (): number | undefined => (next < requests.length ? next++ : undefined);
  const each = Array.from({ length: Math.min(connections, requests.length) }, () =>
    onOneConnection(port, requests, take, answers),
  );
  await Promise.all(each);
  return answers;
}

/** One request after another: Envoy ends a connection on which three answers wait (flood). */
function onOneConnection(
  port: number,
  requests: readonly RawRequest[],
  take: () => number | undefined,
  answers: RawAnswer[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let current: number | undefined;
    let buffered = "";
    const sendNext = (): void => {
      current = take();
      const request = current === undefined ? undefined : requests[current];
      if (request !== undefined) return void socket.write(requestText(request), "latin1");
      resolve();
      socket.destroy();
    };
    socket.setEncoding("latin1").setNoDelay(true).setTimeout(10_000);
    socket.on("connect", sendNext);
    socket.on("data", (chunk: string) => {
      buffered += chunk;
      const answer = readAnswer(buffered);
      if (answer === undefined || current === undefined) return;
      buffered = "";
      answers[current] = answer;
      if (answer.headers.get("connection") !== "close") return sendNext();
      socket.removeAllListeners("close").destroy();
      onOneConnection(port, requests, take, answers).then(resolve, reject);
    });
    const fail = (why: string): void => {
      const request = current === undefined ? undefined : requests[current];
      reject(new Error(`${why}: ${JSON.stringify(request)}`));
    };
    socket.on("timeout", () => socket.destroy(new Error("no answer in 10 s")));
    socket.on("error", (error) => fail(error.message));
    socket.on("close", () => fail(`connection closed; received ${buffered.slice(0, 80)}`));
  });
}

function requestText({ host, path, method = "GET", headers }: RawRequest): string {
  const lines = [["host", host] as const, ...headers].map(([name, value]) => `${name}: ${value}`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
}

/** undefined: it is not whole yet. */
function readAnswer(text: string): RawAnswer | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  if (text.length < end + 4 + Number(headers.get("content-length") ?? 0)) return undefined;
  return { status: Number(first.split(" ")[1]), headers };
}
