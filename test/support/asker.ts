import { Agent, request } from "node:http";

/** An answer as a walk or an example judges it. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

export interface AskOptions {
  readonly port: number;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Default 5,000. */
  readonly timeoutMs?: number;
}

/** One request over a kept connection; rejects with the socket's error. */
export function ask(agent: Agent, options: AskOptions): Promise<HttpReply> {
  const { port, path = "/", method = "GET", headers = {}, timeoutMs = 5_000 } = options;
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: "127.0.0.1",
        port,
        path,
        method,
        headers: { ...headers } as never,
        agent,
        timeout: timeoutMs,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("error", reject);
        response.once("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    call.once("timeout", () => call.destroy(new Error(`no answer in ${timeoutMs} ms`)));
    call.once("error", reject);
    call.end();
  });
}

export const keptConnections = (count: number): Agent =>
  new Agent({ keepAlive: true, maxSockets: count });
