/** Whom the alerts of the demo go to: a webhook on loopback that says each of them once. */
import { createServer, type IncomingMessage } from "node:http";
import { limits } from "../config/limits.ts";
import { parsedJson } from "../lib/parsed-json.ts";

export interface AlertReceiver {
  readonly url: string;
  close(): Promise<void>;
}

/** `say` gets `[error] web: the release is aborted (v2): …`. */
export async function startAlertReceiver(say: (line: string) => void): Promise<AlertReceiver> {
  // A sender repeats what it does not know to have arrived.
  const told = new Set<string>();
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      response.statusCode = body === undefined ? 413 : 204;
      response.end();
      const { id, line } = read(body);
      if (id === undefined || told.has(id)) return;
      told.add(id);
      say(line);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** undefined: longer than an alert may be, or broken off. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      size += chunk.length;
      if (size > limits.dev.alertBytes) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}

function read(body: Buffer | undefined): {
  readonly id: string | undefined;
  readonly line: string;
} {
  const value = body === undefined ? undefined : parsedJson(body);
  if (typeof value !== "object" || value === null) return { id: undefined, line: "" };
  const { id, service, severity, title, text } = value as Readonly<Record<string, unknown>>;
  const line = `[${severity}] ${service}: ${title}${text === "" ? "" : `: ${text}`}`;
  return { id: typeof id === "string" ? id : undefined, line };
}
