/** What the gate reads of a real client of etcd, whose bytes come in pieces of any length. */

import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { expect, it } from "vitest";
import { openEtcdStore } from "../../src/store/etcd.ts";
import { seed } from "../support/seed.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { readAct, type SentAct } from "./etcd-act.ts";
import { Http2Messages } from "./http2-messages.ts";

const prefix = "/faults/1/";
const put = (key: string, value: unknown) =>
  ({ kind: "put", key, value: Buffer.from(JSON.stringify(value)) }) as const;

it("is each act, with its fence, its operation and its values, however it is cut", async () => {
  const random = seededRandom(seed);
  const messages = new Http2Messages("client");
  let whole = Buffer.alloc(0);
  let passed = Buffer.alloc(0);
  const acts: SentAct[] = [];
  const took = new Promise<void>((resolve) => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      // A server's SETTINGS, without which a client waits.
      socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
      socket.on("data", (bytes: Buffer) => {
        whole = Buffer.concat([whole, bytes]);
        for (let at = 0; at < bytes.length; ) {
          const length = 1 + Math.floor(random() * 40);
          for (const piece of messages.take(bytes.subarray(at, at + length))) {
            passed = Buffer.concat([passed, piece.bytes]);
            const act = piece.message && readAct(piece.message, prefix);
            if (act !== undefined) acts.push(act);
          }
          at += length;
        }
        if (acts.length < 2) return;
        socket.destroy();
        server.close();
        resolve();
      });
    });
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      const opened = openEtcdStore({ hosts: [`127.0.0.1:${port}`], prefix });
      if (!opened.ok) throw new Error(opened.error);
      const store = opened.value;
      const compare = [
        { key: "status/controller", modRevision: 123_456_789n },
        { key: "weights/web", modRevision: 7n },
      ];
      const step = [
        put("weights/web", { v1: 95 }),
        put("history/web/17-ab", { why: "x".repeat(40_000) }),
      ];
      void store.get("weights/web");
      void store.transact({ compare, writes: [put("zz", 1)] });
      void store.transact({ compare, writes: step });
      void store.transact({
        compare: [],
        writes: [put("status/rollouts/web", { operation: "18-cd" })],
      });
      void took.then(() => store.close());
    });
  });
  await took;
  const [first, second] = acts.toSorted((a, b) => (a.operation < b.operation ? -1 : 1));
  expect(first).toMatchObject({ operation: "17-ab", term: 123_456_789 });
  expect(first?.puts.get("weights/web")).toBe('{"v1":95}');
  expect(second).toMatchObject({ operation: "18-cd", term: undefined });
  expect(whole.subarray(0, passed.length).equals(passed)).toBe(true);
});
