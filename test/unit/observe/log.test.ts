import { describe, expect, it } from "vitest";
import { createLogger, type LoggerOptions } from "../../../src/observe/log.ts";

function lines(options: Omit<LoggerOptions, "destination">) {
  const written: string[] = [];
  const destination = {
    write: (line: string) => {
      written.push(line);
    },
  };
  return { logger: createLogger({ ...options, destination }), written };
}

describe("the log", () => {
  it("is JSON with level words, ISO times, and nothing about process or host", () => {
    const { logger, written } = lines({ level: "info" });
    logger.info({ type: "CDS", streams: 2 }, "pushed");
    logger.debug("not shown");
    expect(written).toHaveLength(1);
    const { time, ...rest } = JSON.parse(written[0] ?? "");
    expect(rest).toEqual({ level: "info", name: "serin", type: "CDS", streams: 2, msg: "pushed" });
    expect(new Date(time).toISOString()).toBe(time);
  });

  it("holds no secret, however deep it is logged", () => {
    const { logger, written } = lines({ level: "info" });
    const auth = { username: "u", password: "hunter2" };
    logger.info({ password: "hunter2", config: { etcd: { password: "hunter2" } } });
    logger.info({
      auth,
      headers: { authorization: "Bearer hunter2" },
      tls: { privateKey: "hunter2" },
    });
    expect(written.join("")).not.toContain("hunter2");
    expect(written.join("")).toContain("[redacted]");
  });

  it("can be read by people", () => {
    const { logger, written } = lines({ level: "debug", pretty: true });
    logger.warn({ node: "edge-1", message: "no such filter", names: ["a"] }, "rejected");
    expect(written[0]).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} warn {2}rejected node=edge-1 message="no such filter" names=\["a"\]\n$/,
    );
  });
});
