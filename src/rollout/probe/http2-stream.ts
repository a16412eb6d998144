/** One request over a connection of its own, in HTTP/2 and clear text. */
import { type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from "node:http2";
import { limits } from "../../config/limits.ts";
import type { Address } from "../../model/instance.ts";
import { endedBy, openSocket } from "./connection.ts";

/** `listen` settles what comes out; the connection is closed then. `body` undefined: none. */
export function http2Stream<T>(
  address: Address,
  headers: OutgoingHttpHeaders,
  body: Uint8Array | undefined,
  signal: AbortSignal,
  listen: (
    stream: ClientHttp2Stream,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) => void,
): Promise<T> {
  const session = connect("http://instance", {
    createConnection: () => openSocket(address),
    // In MB: the least there is. What is not read stays in the peer, by the window below.
    maxSessionMemory: 1,
    settings: {
      enablePush: false,
      initialWindowSize: 2 * limits.probes.answerBytes,
      maxHeaderListSize: limits.probes.answerBytes,
    },
  });
  return endedBy<T>(
    signal,
    () => session.destroy(),
    (resolve, reject) => {
      const failed = (): void => reject(new Error("the connection was closed"));
      session.on("error", reject);
      session.once("close", failed);
      session.once("goaway", failed);
      const stream = session.request(headers, { endStream: body === undefined });
      stream.on("error", reject);
      stream.once("close", failed);
      listen(stream, resolve, reject);
      if (body !== undefined) stream.end(body);
    },
  );
}
