/** A hub with one view behind a real port, and a clock that the test moves. */
import { setImmediate as nextRound } from "node:timers/promises";
import { View } from "../../../../src/snapshot/view.ts";
import { Hub } from "../../../../src/xds/hub.ts";
import {
  type EndEvent,
  type LoadEndEvent,
  type LoadReportEvent,
  silentObserver,
} from "../../../../src/xds/observer.ts";
import type { StatusAnswered, StatusFailure } from "../../../../src/xds/server/client-status.ts";
import {
  type ListenObserver,
  type ListenOptions,
  listenXds,
  type XdsListener,
} from "../../../../src/xds/server/listen.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { bundle, bundles, CDS, resource } from "../../snapshot/resources.ts";
import { RawClient } from "./raw-client.ts";

/** A port is closed with its clients, whatever happens. */
export class Port {
  readonly clock = new FakeClock();
  readonly hub: Hub;
  readonly closed: EndEvent[] = [];
  readonly acked: string[] = [];
  readonly loads: LoadReportEvent[] = [];
  readonly loadEnds: LoadEndEvent[] = [];
  readonly peers: string[] = [];
  readonly refused: (readonly [peer: string, reason: string])[] = [];
  readonly statusFailures: StatusFailure[] = [];
  readonly statusAnswers: StatusAnswered[] = [];
  readonly certificates: Parameters<ListenObserver["certificates"]>[0][] = [];
  readonly #view = new View("v", { changeLogEntries: 100, milestones: 4 });
  readonly #clients: RawClient[] = [];
  #revision = 0n;
  #listener: XdsListener | undefined;

  constructor() {
    this.hub = new Hub({
      clock: this.clock,
      controlPlane: "test",
      loadIntervalMs: 2_000,
      viewOf: () => this.#view,
      observer: {
        ...silentObserver,
        streamOpened: ({ peer }) => this.peers.push(peer),
        acked: ({ node }) => this.acked.push(node.id),
        streamClosed: (event) => this.closed.push(event),
        loadReported: (event) => this.loads.push(event),
        loadStreamClosed: (event) => this.loadEnds.push(event),
      },
    });
    this.#write("first");
  }

  #write(content: string): void {
    this.#revision += 1n;
    const next = bundles(bundle("a", resource(CDS, "a", content)));
    this.#view.apply(this.#revision, next, this.clock.monotonicMs());
  }

  /** The one cluster has this content from now on. */
  async change(content: string): Promise<void> {
    this.#write(content);
    this.hub.changed(this.#view);
    await nextRound();
  }

  async listen(options: ListenOptions = {}): Promise<void> {
    const observer = {
      certificates: (read: (typeof this.certificates)[number]) => this.certificates.push(read),
      refused: (peer: string, reason: string) => this.refused.push([peer, reason]),
      statusAnswered: (answer: StatusAnswered) => this.statusAnswers.push(answer),
      statusFailed: (failure: StatusFailure) => this.statusFailures.push(failure),
    };
    const listen = { host: "127.0.0.1", port: 0 };
    const listening = await listenXds(this.hub, listen, { observer, ...options });
    if (!listening.ok) throw new Error(listening.error);
    this.#listener = listening.value;
  }

  get listener(): XdsListener {
    if (this.#listener === undefined) throw new Error("the port is not open");
    return this.#listener;
  }

  client(options: ConstructorParameters<typeof RawClient>[1] = {}): RawClient {
    const client = new RawClient(this.listener.address.port, options);
    this.#clients.push(client);
    return client;
  }

  /** As a server with one address does. */
  async drain(): Promise<void> {
    const { drainMs } = this.listener;
    this.hub.drain(drainMs);
    await this.listener.drain(drainMs);
    this.hub.close();
  }

  async close(): Promise<void> {
    for (const client of this.#clients) await client.close();
    this.hub.close();
    this.#listener?.close();
  }
}

export async function withPort(
  options: ListenOptions,
  story: (port: Port) => Promise<void>,
): Promise<void> {
  const port = new Port();
  try {
    await port.listen(options);
    await story(port);
  } finally {
    await port.close();
  }
}
