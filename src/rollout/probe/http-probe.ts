/**
 * A GET whose status decides. What is answered is read to its end, as Envoy does, within bounds; a
 * redirect is a status like any other.
 */
import { request } from "node:http";
import type { ClientHttp2Stream } from "node:http2";
import { limits } from "../../config/limits.ts";
import type { Address } from "../../model/instance.ts";
import { endedBy, openSocket } from "./connection.ts";
import { http2Stream } from "./http2-stream.ts";
import type { ProbeOutcome } from "./probe.ts";

export interface HttpQuestion {
  readonly path: string;
  readonly host: string;
  /** Empty: 200. */
  readonly expectedStatuses: readonly number[];
}

const userAgent = "serin";
const { answerBytes } = limits.probes;

export function http1Probe(
  address: Address,
  question: HttpQuestion,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const { path, host } = question;
  const asked = request({
    path,
    headers: { host, "user-agent": userAgent, connection: "close" },
    // In place of an agent, which could keep connections, or ask a proxy of the environment.
    createConnection: () => openSocket(address),
    maxHeaderSize: answerBytes,
  });
  return endedBy(
    signal,
    () => asked.destroy(),
    (resolve, reject) => {
      asked.on("error", reject);
      asked.on("response", (response) => {
        const done = () => resolve(outcomeOf(response.statusCode ?? 0, question));
        readBounded(response, done, reject);
      });
      asked.end();
    },
  );
}

export function http2Probe(
  address: Address,
  question: HttpQuestion,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const { path, host } = question;
  const headers = { ":method": "GET", ":path": path, ":authority": host, "user-agent": userAgent };
  return http2Stream(address, headers, undefined, signal, (stream, resolve, reject) => {
    stream.on("response", ({ ":status": status = 0 }) => {
      readBounded(stream, () => resolve(outcomeOf(status, question)), reject);
    });
  });
}

/** What is beyond the bound is left where it is. */
function readBounded(
  body: NodeJS.ReadableStream | ClientHttp2Stream,
  done: () => void,
  reject: (error: unknown) => void,
): void {
  let bytes = 0;
  body.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > answerBytes) done();
  });
  body.once("end", done);
  body.once("error", reject);
}

function outcomeOf(status: number, { path, expectedStatuses }: HttpQuestion): ProbeOutcome {
  const expected = expectedStatuses.length === 0 ? [200] : expectedStatuses;
  if (expected.includes(status)) return { kind: "well" };
  // A long path must not hide it.
  const shown = path.slice(0, limits.probes.reasonChars / 2);
  return { kind: "answer", reason: `GET ${shown} answers ${status}` };
}
