import { request } from "node:http";

/** `200 body`, over a connection of its own; rejects where no answer comes in 3 s. */
export function askOnce(
  port: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ host: "127.0.0.1", port, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("end", () =>
        resolve(`${response.statusCode} ${Buffer.concat(chunks).toString()}`),
      );
    });
    call.setTimeout(3_000, () => call.destroy(new Error("no answer in time")));
    call.once("error", reject);
    call.end();
  });
}
