import { setImmediate as nextRound } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import { guardedCallbacks } from "../../../src/xds/callbacks.ts";
import { FailureWarnings } from "../../../src/xds/failure-warnings.ts";
import { callbackFailed } from "../../../src/xds/user-calls.ts";

function recorded() {
  const texts: string[] = [];
  const warnings = new FailureWarnings((text) => texts.push(text.split("\n")[0] ?? ""));
  return { texts, warnings };
}

const stream = { node: undefined, peer: "p", variant: "delta", code: "ok", reason: "r" } as const;

describe("warnings of failures", () => {
  it("come once for each callback and message, and then by tens", () => {
    const { texts, warnings } = recorded();
    const fail = () => {
      throw new Error("mine");
    };
    const observer = guardedCallbacks(
      { streamOpened: fail, streamClosed: fail },
      callbackFailed(undefined, warnings),
      warnings,
    );
    for (let call = 0; call < 100; call += 1) observer.streamOpened(stream);
    observer.streamClosed(stream);
    expect(texts).toEqual([
      "serin: the callback streamOpened failed: Error: mine",
      "serin: the callback streamOpened failed, 10 times so far: mine",
      "serin: the callback streamOpened failed, 100 times so far: mine",
      "serin: the callback streamClosed failed: Error: mine",
    ]);
  });

  it("are not given where the user asks to be told", () => {
    const { texts, warnings } = recorded();
    const failed: string[] = [];
    const streamClosed = () => {
      throw new Error("mine");
    };
    const observer = guardedCallbacks({ streamClosed }, (_e, name) => failed.push(name), warnings);
    observer.streamClosed({ ...stream, bug: new Error("bug") });
    expect([texts, failed]).toEqual([[], ["streamClosed"]]);
  });

  it("are given where the user's own teller fails, at once or later, of both failures", async () => {
    const { texts, warnings } = recorded();
    const fail = (text: string): never => {
      throw new Error(text);
    };
    const callbacks = {
      streamOpened: () => fail("mine"),
      streamClosed: async () => fail("later"),
    };
    const failed = callbackFailed((_error, name) => fail(`of ${name}`), warnings);
    const observer = guardedCallbacks(callbacks, failed, warnings);
    observer.streamOpened(stream);
    observer.streamClosed(stream);
    expect(texts).toHaveLength(2);
    const rejects = callbackFailed(async () => fail("told"), warnings);
    guardedCallbacks(callbacks, rejects, warnings).streamOpened(stream);
    await nextRound();
    expect(texts).toEqual([
      "serin: the callback streamOpened failed: Error: mine",
      "serin: the callback onCallbackFailed failed: Error: of streamOpened",
      "serin: the callback streamClosed failed: Error: later",
      "serin: the callback onCallbackFailed failed: Error: of streamClosed",
      "serin: the callback onCallbackFailed failed: Error: told",
    ]);
  });

  it("tell of streams that end with an internal error, and of no others", () => {
    const { texts, warnings } = recorded();
    const observer = guardedCallbacks({}, callbackFailed(undefined, warnings), warnings);
    observer.streamClosed(stream);
    observer.streamClosed({ ...stream, bug: new Error("bug") });
    expect(texts).toEqual(["serin: a stream ended with an internal error: Error: bug"]);
  });

  it("remember so many failures and no more", () => {
    const { texts, warnings } = recorded();
    for (let n = 0; n <= limits.library.failures; n += 1) warnings.tell("it failed", n);
    warnings.tell("it failed", limits.library.failures);
    warnings.tell("it failed", 0);
    expect(texts.length).toBe(limits.library.failures + 2);
  });
});
