import { Hono } from "hono";
import pino from "pino";
import { expect, it } from "vitest";
import { Access } from "../../../../src/admin/access/access.ts";
import { admit } from "../../../../src/admin/access/admit.ts";
import { createMetrics } from "../../../../src/observe/metrics.ts";
import { heldToken } from "../../../support/access.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { eventually } from "../../../support/wait.ts";

const alice = heldToken("alice", "viewer");

it("a stream of events ends before it says anything once the token is gone", async () => {
  let tokens = [alice.token];
  let isCancelled = false;
  let say = (_: string): void => {};
  const source = () =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        say = (text) => controller.enqueue(new TextEncoder().encode(text));
      },
      cancel() {
        isCancelled = true;
      },
    });
  const access = new Access({
    tokens: () => tokens,
    clock: new FakeClock(),
    logger: pino({ level: "silent" }),
    metrics: createMetrics(),
  });
  const app = new Hono();
  const headers = { "content-type": "text/event-stream" };
  app.get("/events", admit(access, "viewer"), () => new Response(source(), { headers }));
  const answer = await app.request("/events", {
    headers: { authorization: `Bearer ${alice.text}` },
  });
  expect(answer.headers.get("content-type")).toBe("text/event-stream");
  const reader = answer.body?.getReader();
  say("one");
  expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("one");
  tokens = [];
  say("two");
  expect(await reader?.read()).toEqual({ done: true, value: undefined });
  await eventually(() => isCancelled, { what: "the source to be let go" });
});
