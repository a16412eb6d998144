/** A collector of traces that keeps what it is sent (OTLP over HTTP, JSON), and answers as it is told. */
import { createServer } from "node:http";
import { eventually } from "./wait.ts";

export interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** Nanoseconds. */
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
  readonly events: readonly {
    readonly name: string;
    readonly timeUnixNano: string;
    readonly attributes: readonly { readonly key: string; readonly value: object }[];
  }[];
  readonly status: { readonly code?: number; readonly message?: string };
}

interface Request {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { readonly key: string }[] };
    readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[];
  }[];
}

export interface Collector {
  readonly url: URL;
  /** Requests that were answered with 200. */
  readonly requests: readonly Request[];
  /** Attempts, whatever came of them. */
  attempts(): number;
  /** Headers of the last one. */
  headers(): Readonly<Record<string, string | string[] | undefined>>;
  answerWith(status: number): void;
  spans(): readonly SentSpan[];
  /** The spans of the trace whose root has that in its attributes, once it has come. */
  trace(text: string, timeoutMs?: number): Promise<readonly SentSpan[]>;
  close(): Promise<void>;
}

export async function startCollector(): Promise<Collector> {
  const requests: Request[] = [];
  const state = { status: 200, attempts: 0, headers: {} as ReturnType<Collector["headers"]> };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      state.attempts += 1;
      state.headers = request.headers;
      const isTaken = state.status === 200 && request.url?.startsWith("/v1/traces") === true;
      if (isTaken) requests.push(JSON.parse(Buffer.concat(chunks).toString()) as Request);
      response.writeHead(isTaken ? 200 : state.status, { "content-type": "application/json" });
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const spans = (): readonly SentSpan[] =>
    requests.flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((each) => each.spans)),
    );
  return {
    url: new URL(`http://127.0.0.1:${port}/v1/traces`),
    requests,
    attempts: () => state.attempts,
    headers: () => state.headers,
    answerWith: (status) => {
      state.status = status;
    },
    spans,
    trace: (text, timeoutMs = 10_000) =>
      eventually(
        () => {
          const root = spans().find(
            ({ parentSpanId, attributes }) =>
              parentSpanId === undefined && JSON.stringify(attributes).includes(text),
          );
          return root && spans().filter(({ traceId }) => traceId === root.traceId);
        },
        { what: `a trace with ${text}`, timeoutMs },
      ),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Of a span or an event. */
export function attributeOf(of: Pick<SentSpan, "attributes">, key: string): unknown {
  const value = of.attributes.find((each) => each.key === key)?.value as
    | {
        stringValue?: string;
        intValue?: string;
        arrayValue?: { values: { stringValue: string }[] };
      }
    | undefined;
  if (value?.intValue !== undefined) return Number(value.intValue);
  return value?.arrayValue?.values.map((each) => each.stringValue) ?? value?.stringValue;
}
