/**
 * Between Node's HTTP server and Fetch's Request and Response. `@hono/node-server` would do, but its
 * types need the DOM's, which this project does not load.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";

/** `peer`: address of whoever asks, without the port. */
export type Fetch = (request: Request, peer: string) => Response | Promise<Response>;

/** `fetch` must not throw; a peer that goes away aborts the request's signal. */
export const requestListener =
  (fetch: Fetch): RequestListener =>
  (incoming, outgoing) => {
    const request = toRequest(incoming, outgoing);
    if (request === undefined) {
      refuse(incoming, outgoing);
      return;
    }
    const peer = incoming.socket.remoteAddress ?? "unknown";
    void answer(() => fetch(request, peer), request, outgoing);
  };

/** Methods that Fetch has no requests of. https://fetch.spec.whatwg.org/#forbidden-method */
const forbidden: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);
const served = "GET, HEAD, PUT, DELETE";

function refuse({ method = "" }: IncomingMessage, outgoing: ServerResponse): void {
  if (forbidden.has(method)) outgoing.writeHead(405, { allow: served }).end();
  else outgoing.writeHead(400).end();
}

async function answer(
  respond: () => Response | Promise<Response>,
  request: Request,
  outgoing: ServerResponse,
): Promise<void> {
  const response = await respond();
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null || request.method === "HEAD") {
    outgoing.end();
    return;
  }
  const body = Readable.fromWeb(response.body as ReadableStream);
  // The only failure left is a peer that went away, and it is not there to be told.
  await pipeline(body, outgoing).catch(() => outgoing.destroy());
}

function toRequest(incoming: IncomingMessage, outgoing: ServerResponse): Request | undefined {
  const { method = "GET", url = "/" } = incoming;
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  const body = method === "GET" || method === "HEAD" ? null : Readable.toWeb(incoming);
  try {
    return new Request(new URL(url, "http://admin.invalid"), {
      method,
      headers: headersOf(incoming),
      signal: gone.signal,
      body: body as RequestInit["body"] & object,
      duplex: "half",
    });
  } catch {
    // No URL, a method that Fetch forbids, or a header with characters it does not take.
    return undefined;
  }
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    headers.append(rawHeaders[i] ?? "", rawHeaders[i + 1] ?? "");
  }
  return headers;
}
