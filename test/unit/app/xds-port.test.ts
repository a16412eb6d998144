import { Writable } from "node:stream";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { shownResource } from "../../../src/app/shown-resource.ts";
import { listenOptions } from "../../../src/app/xds-port.ts";
import type { StatusFailure } from "../../../src/index.ts";

const xdsListen = { host: "127.0.0.1", port: 0 };

function logging() {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const asked: string[] = [];
  const metrics = { statusAsked: (code: string) => asked.push(code) };
  return { lines, asked, metrics, logger: pino({ base: null }, sink) };
}

describe("the port for proxies", () => {
  it("answers what proxies run to those of the flag, and by default to nobody", () => {
    const { logger, metrics } = logging();
    const statusOf = (csds?: "off" | "loopback") =>
      listenOptions({ xdsListen, ...(csds && { csds }) }, logger, metrics).clientStatus;
    expect(statusOf()).toBeUndefined();
    expect(statusOf("off")).toBeUndefined();
    expect(statusOf("loopback")).toEqual({ readers: "loopback", show: shownResource });
  });

  it("logs who was refused once, and every bug, and counts each request", () => {
    const { lines, asked, metrics, logger } = logging();
    const { observer } = listenOptions({ xdsListen }, logger, metrics);
    const refused = (peer: string): StatusFailure => ({
      peer,
      code: "permission_denied",
      reason: "no reader",
    });
    for (const peer of ["10.0.0.1:1", "10.0.0.1:2", "[::1]:3"]) {
      observer?.statusFailed?.(refused(peer));
    }
    const bug = new Error("planted");
    const failed: StatusFailure = { ...refused("10.0.0.1:1"), code: "internal", bug };
    for (const failure of [failed, failed]) observer?.statusFailed?.(failure);
    observer?.statusAnswered?.({ peer: "10.0.0.1:1", bytes: 7 });
    const denied = Array.from({ length: 3 }, () => "permission_denied");
    expect(asked).toEqual([...denied, "internal", "internal", "ok"]);
    expect(lines.map(({ msg, address }) => [msg, address])).toEqual([
      ["no client status given", "10.0.0.1"],
      ["no client status given", "[::1]"],
      ["client status failed", "10.0.0.1"],
      ["client status failed", "10.0.0.1"],
    ]);
  });
});
