import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { portAccepts } from "../../src/dev/readiness.ts";
import { startEtcd } from "../support/etcd.ts";
import { freePort } from "../support/ports.ts";
import { type Serin, startSerin } from "../support/serin.ts";
import { eventually } from "../support/wait.ts";

/** A server that has ended instead says why. */
async function adminListens(serin: Serin): Promise<void> {
  await eventually(
    async () => {
      if (!serin.running) throw new Error(serin.logs());
      return (await serin.status("/healthz")) === 200;
    },
    { what: "the admin port", timeoutMs: 10_000 },
  );
}

describe("serin serve without its etcd", () => {
  it("is alive but not ready, opens no xDS port, and serves once etcd is there", async () => {
    const port = await freePort();
    const serin = await startSerin({ store: `etcd://127.0.0.1:${port}`, waitReady: false });
    try {
      await adminListens(serin);
      expect(await serin.status("/readyz")).toBe(503);
      expect(await portAccepts("127.0.0.1", serin.xdsPort)).toBe(false);
      await eventually(() => /nothing is served yet; trying again/.test(serin.logs()), {
        what: "the log to tell of the store",
        timeoutMs: 15_000,
      });
      expect(serin.logs()).not.toContain("last good state");
      const etcd = await startEtcd({ port });
      try {
        await eventually(async () => (await serin.status("/readyz")) === 200, {
          what: "serin to be ready",
          timeoutMs: 20_000,
        });
        expect(await portAccepts("127.0.0.1", serin.xdsPort)).toBe(true);
      } finally {
        await etcd.stop();
      }
    } finally {
      await serin.stop();
    }
  });

  it("tells of a busy xDS port in its own words only", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = taken.address() as AddressInfo;
      const args = ["--xds-listen", `127.0.0.1:${port}`];
      const serin = await startSerin({ store: "memory:", args, waitReady: false });
      await eventually(() => !serin.running, { what: "serin to end", timeoutMs: 15_000 });
      const lines = serin.logs().trim().split("\n");
      const messages = lines.map((line) => String((JSON.parse(line) as { msg?: string }).msg));
      expect(messages.at(-1)).toMatch(
        /^cannot listen for xDS on 127\.0\.0\.1:\d+: listen EADDRINUSE/,
      );
    } finally {
      taken.close();
    }
  });

  it("ends at the first SIGTERM", async () => {
    const store = `etcd://127.0.0.1:${await freePort()}`;
    const serin = await startSerin({ store, waitReady: false });
    try {
      await adminListens(serin);
    } finally {
      expect(await serin.stop()).toEqual({ code: 0, signal: null });
    }
  });
});
