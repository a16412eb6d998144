import { Agent, type IncomingMessage, request } from "node:http";
import { createLoadRecorder, type LoadRecorder, type LoadReport } from "./load-report.ts";

export interface LoadOptions {
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default `/`. */
  readonly path?: string;
  /** Default GET. */
  readonly method?: string;
  /** Fixed, or made for the n-th request (from 0). `host` may be among them. */
  readonly headers?: Headers | ((n: number) => Headers);
  /** Requests per second, however slow the answers are. Default: as fast as `concurrency` allows. */
  readonly rate?: number;
  /** Requests at a time, each on a kept connection. Default 8; with `rate`, 256. */
  readonly concurrency?: number;
  /** Ends after so many requests ... */
  readonly total?: number;
  /** ... or after this long. With neither it runs until `stop()`. */
  readonly durationMs?: number;
  /** A request without an answer for this long has failed. Default 5,000. */
  readonly timeoutMs?: number;
}

type Headers = Readonly<Record<string, string>>;

export interface Load {
  /** The report so far. */
  report(): LoadReport;
  /** The report since the last `take()`, and starts the next one. */
  take(): LoadReport;
  /** Sends no more, awaits what is under way. */
  stop(): Promise<LoadReport>;
  /** Resolves at the end given by `total`, `durationMs` or `stop()`. */
  readonly done: Promise<LoadReport>;
}

/** HTTP/1.1 load with kept connections. Nothing is retried: each failure is counted. */
export const runLoad = (
  options: LoadOptions & ({ readonly total: number } | { readonly durationMs: number }),
): Promise<LoadReport> => startLoad(options).done;

export function startLoad(options: LoadOptions): Load {
  const { rate, total = Number.POSITIVE_INFINITY } = options;
  const concurrency = options.concurrency ?? (rate === undefined ? 8 : 256);
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const send = sender(options, agent);
  const start = performance.now();
  const whole = createLoadRecorder();
  let window = createLoadRecorder();
  // A request counts in the window in which it ends.
  const current = (): readonly LoadRecorder[] => [whole, window];
  let started = 0;
  let underWay = 0;
  let stopped = false;
  let finish: (report: LoadReport) => void = () => undefined;
  const done = new Promise<LoadReport>((resolve) => {
    finish = resolve;
  });

  const due = (): number =>
    rate === undefined ? total : Math.floor(((performance.now() - start) * rate) / 1000);
  const pump = (): void => {
    while (!stopped && underWay < concurrency && started < Math.min(total, due())) {
      underWay++;
      send(started++, current, afterOne);
    }
  };
  const afterOne = (): void => {
    underWay--;
    if (started >= total) stopped = true;
    if (!stopped) pump();
    else endWhenIdle();
  };
  const endWhenIdle = (): void => {
    if (underWay > 0) return;
    clearInterval(tick);
    clearTimeout(end);
    agent.destroy();
    finish(whole.report());
  };
  const stop = (): Promise<LoadReport> => {
    stopped = true;
    endWhenIdle();
    return done;
  };

  const tick = rate === undefined ? undefined : setInterval(pump, 5);
  const end = options.durationMs === undefined ? undefined : setTimeout(stop, options.durationMs);
  pump();
  return {
    report: () => whole.report(),
    take: () => {
      const report = window.report();
      window = createLoadRecorder();
      return report;
    },
    stop,
    done,
  };
}

type Send = (n: number, recorders: () => readonly LoadRecorder[], done: () => void) => void;

function sender(options: LoadOptions, agent: Agent): Send {
  const { port, host = "127.0.0.1", path = "/", method = "GET", timeoutMs = 5_000 } = options;
  const { headers = {} } = options;

  return (n, recorders, done) => {
    const start = performance.now();
    let open = true;
    const fail = (reason: string): void => {
      if (!open) return;
      open = false;
      for (const recorder of recorders()) recorder.failure(reason);
      done();
    };
    const answered = (response: IncomingMessage, body: string): void => {
      if (!open) return;
      open = false;
      const status = response.statusCode ?? 0;
      const version = String(response.headers["x-served-by"] ?? "(none)");
      const latencyMs = performance.now() - start;
      for (const recorder of recorders()) {
        recorder.answer(status, version, latencyMs);
        if (status < 200 || status > 399) recorder.failure(`${status} ${body.slice(0, 80)}`.trim());
      }
      done();
    };
    const sent = typeof headers === "function" ? headers(n) : headers;
    const call = request({ host, port, path, method, headers: sent, agent, timeout: timeoutMs });
    call.once("response", (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => {
        if (body.length < 80) body += chunk.toString();
      });
      response.once("end", () => answered(response, body));
      response.once("error", (error) => fail(reasonOf(error)));
    });
    call.once("timeout", () => call.destroy(new Error(`no answer in ${timeoutMs} ms`)));
    call.once("error", (error) => fail(reasonOf(error)));
    call.end();
  };
}

function reasonOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
