import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import type { RolloutWebhook } from "../../../src/model/rollout.ts";
import { begun } from "../../../src/rollout/release/status-changes.ts";
import { ReleaseGates } from "../../../src/rollout/release-gates.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { rolloutOf, setWeight } from "../../support/releases.ts";
import { eventually } from "../../support/wait.ts";

const rollout = rolloutOf([setWeight(5)]);
const status = begun(rollout, undefined, { nowMs: 1, operation: "x" });

let server: Server;
let asked: string[];
let clock: FakeClock;
let gates: ReleaseGates;

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const code = Number(request.url?.slice(1));
    // What is to be slow never answers.
    if (Number.isNaN(code)) return;
    response.writeHead(code, code === 302 ? { location: "/200" } : {}).end("some words");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  clock = new FakeClock();
  gates = new ReleaseGates({ clock, onAnswer: () => undefined });
});

afterEach(async () => {
  await gates.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function ask(path: string, key = path, port = (server.address() as AddressInfo).port): void {
  const webhook: RolloutWebhook = {
    name: "gate",
    type: "confirm-rollout",
    url: `http://127.0.0.1:${port}/${path}`,
    timeoutMs: 5_000,
  };
  gates.ask(rollout, status, [{ webhook, key }]);
}

const answer = (key: string) => gates.answers("web").get(key);

const settledAs = (key: string, wanted: string) =>
  eventually(() => answer(key) === wanted, { what: `${key} to be ${wanted}` });

describe("a gate", () => {
  it.each([
    ["200", "passed"],
    ["204", "passed"],
    ["302", "refused"],
    ["403", "refused"],
    ["500", "refused"],
  ])("that answers %s has %s", async (code, wanted) => {
    ask(code);
    expect(answer(code)).toBe("waiting");
    await settledAs(code, wanted);
    expect(asked).toEqual([`POST /${code}`]);
  });

  it("fails where nobody listens", async () => {
    ask("200", "nobody", 1);
    await settledAs("nobody", "failed");
  });

  it("fails where it does not answer in time, and is unasked again after a while", async () => {
    ask("slow");
    await eventually(() => asked.length === 1, { what: "the question" });
    clock.advance(4_999);
    expect(answer("slow")).toBe("waiting");
    clock.advance(1);
    await settledAs("slow", "failed");
    clock.advance(limits.rollout.askAgainMs - 1);
    expect(answer("slow")).toBe("failed");
    clock.advance(1);
    expect(answer("slow")).toBeUndefined();
  });

  it("that has agreed stays so, for as long as there is a release and this replica leads", async () => {
    ask("200");
    await settledAs("200", "passed");
    clock.advance(10 * limits.rollout.askAgainMs);
    expect(answer("200")).toBe("passed");
    gates.keep(new Set(["web"]));
    expect(answer("200")).toBe("passed");
    gates.forget();
    expect(answer("200")).toBeUndefined();
  });

  it("is forgotten, the oldest first, where there are too many", () => {
    for (let n = 0; n <= limits.rollout.gateAnswers; n++) {
      const key = `${n}`;
      gates.ask(rollout, status, [
        {
          key,
          webhook: { name: "gate", type: "rollout", url: "http://127.0.0.1:1/", timeoutMs: 1 },
        },
      ]);
    }
    expect(gates.answers("web").size).toBe(limits.rollout.gateAnswers);
    expect(answer("0")).toBeUndefined();
    gates.keep(new Set());
    expect(gates.answers("web").size).toBe(0);
  });
});
