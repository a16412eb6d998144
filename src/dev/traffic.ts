import { Agent, request } from "node:http";

/** What one second of traffic met: answers by version, and requests that failed. */
export interface TrafficSecond {
  readonly byVersion: ReadonlyMap<string, number>;
  readonly failed: number;
}

export interface Traffic {
  stop(): void;
}

export interface TrafficOptions {
  readonly port: number;
  /** Host header. */
  readonly host: string;
  readonly perSecond: number;
  onSecond(second: TrafficSecond): void;
}

/** Steady requests through the demo's Envoy, so that the split can be seen without a second terminal. */
export function startTraffic(options: TrafficOptions): Traffic {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  let byVersion = new Map<string, number>();
  let failed = 0;
  const send = (): void => {
    const call = request(
      { host: "127.0.0.1", port: options.port, agent, headers: { host: options.host } },
      (response) => {
        response.resume();
        const version = response.headers["x-served-by"];
        if (response.statusCode !== 200 || typeof version !== "string") failed += 1;
        else byVersion.set(version, (byVersion.get(version) ?? 0) + 1);
      },
    );
    call.on("error", () => {
      failed += 1;
    });
    call.setTimeout(1_000, () => call.destroy());
    call.end();
  };
  const sending = setInterval(send, 1_000 / options.perSecond);
  const telling = setInterval(() => {
    options.onSecond({ byVersion, failed });
    byVersion = new Map();
    failed = 0;
  }, 1_000);
  return {
    stop() {
      clearInterval(sending);
      clearInterval(telling);
      agent.destroy();
    },
  };
}
