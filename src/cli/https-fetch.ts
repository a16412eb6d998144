/**
 * `fetch` with an authority of one's own. Node's takes none but for the whole process, before its start,
 * and its client (undici) is not to be had without a dependency.
 */
import { request } from "node:https";
import { Readable } from "node:stream";

/** As much of `fetch` as calls of the admin API take. */
export type AdminFetch = (url: string, init?: RequestInit) => Promise<Response>;

const withoutBody = new Set([204, 304]);

export const fetchWithCa =
  (ca: string): AdminFetch =>
  (url, { method = "GET", headers, body, signal } = {}) =>
    new Promise((resolve, reject) => {
      const call = request(
        url,
        {
          ca,
          method,
          headers: Object.fromEntries(new Headers(headers)),
          ...(signal && { signal }),
        },
        (answer) => {
          const { statusCode: status = 0, headersDistinct } = answer;
          const fields = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
            values.map((value): [string, string] => [name, value]),
          );
          const init = { status, headers: new Headers(fields) };
          if (withoutBody.has(status)) {
            answer.resume();
            return resolve(new Response(null, init));
          }
          resolve(new Response(Readable.toWeb(answer) as ReadableStream, init));
        },
      );
      call.once("error", reject);
      call.end(body ?? undefined);
    });
