/** When a server that starts lets proxies in: not before other replicas can know of it, and in the end all the same. */
import { connect } from "node:net";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { replicasFolder } from "../../src/app/replica-folders.ts";
import { type RunningServer, startOver } from "../../src/app/serve.ts";
import type { Result } from "../../src/lib/result.ts";
import { createMetrics } from "../../src/observe/metrics.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { Transaction } from "../../src/store/store.ts";
import { unwrap } from "../support/binaries.ts";
import { freePort } from "../support/ports.ts";
import { eventually } from "../support/wait.ts";

/** Of which no transaction has an answer until it is let go. */
class HeldStore extends MemoryStore {
  letGo: () => void = () => undefined;
  /** Keys that were to be written. */
  readonly asked: string[] = [];
  readonly #gate = new Promise<void>((resolve) => {
    this.letGo = resolve;
  });

  override async transact(transaction: Transaction) {
    this.asked.push(...transaction.writes.map(({ key }) => key));
    await this.#gate;
    return super.transact(transaction);
  }
}

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });

let store: HeldStore;
let port: number;
let lines: string[];
let stop: AbortController;
let starting: Promise<Result<RunningServer, string>>;
let server: RunningServer | undefined;

beforeEach(async () => {
  store = new HeldStore();
  port = await freePort();
  lines = [];
  stop = new AbortController();
  const logger = pino({ level: "info" }, { write: (line) => void lines.push(line) });
  const config = {
    xdsListen: { host: "127.0.0.1", port },
    adminListen: { host: "127.0.0.1", port: 0 },
    defaultGateway: undefined,
  };
  starting = startOver(store, config, { logger, metrics: createMetrics(), stop: stop.signal });
  await eventually(() => store.asked.some((key) => key.startsWith(replicasFolder)), {
    what: "its key to be on its way",
  });
});

afterEach(async () => {
  store.letGo();
  await server?.drain();
  server = undefined;
});

describe("a server that starts", () => {
  it("lets no proxy in before the store has its key, by which other replicas wait for it", async () => {
    expect(await isOpen(port)).toBe(false);
    store.letGo();
    server = unwrap(await starting);
    expect(await isOpen(port)).toBe(true);
    expect(lines.join("")).not.toContain("overlook");
  });

  it("serves all the same where the store does not take it, says so, and is sure of nothing", async () => {
    server = unwrap(await starting);
    expect(await isOpen(port)).toBe(true);
    expect(lines.join("")).toContain("waits at others overlook its proxies until it does");
    const { host, port: admin } = server.admin;
    const url = `http://${host}:${admin}/v1/wait?revision=0&timeoutMs=0`;
    const before = await fetch(url);
    expect(before.status).toBe(504);
    expect(await before.json()).toMatchObject({
      detail: expect.stringMatching(/^this replica is out of touch with the store/),
    });
    store.letGo();
    await eventually(async () => (await fetch(url)).status === 200, { what: "it to be sure" });
  });

  it("can be stopped meanwhile", async () => {
    stop.abort();
    store.letGo();
    const outcome = await starting;
    expect(outcome.ok).toBe(false);
    expect(await isOpen(port)).toBe(false);
  });
});
