import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { choosePort } from "../../../src/app/dev-port.ts";
import { freePort } from "../../support/ports.ts";

describe("the port of serin dev", () => {
  it("is the wanted one where it is free", async () => {
    const port = await freePort();
    expect(await choosePort(port, true)).toEqual({ ok: true, value: { port, note: undefined } });
  });

  it("is an error where it was asked for and is busy, and else another one that is told", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      expect(await choosePort(port, true)).toEqual({
        ok: false,
        error: `port ${port} is busy: name another one with --port, or none`,
      });
      const other = await choosePort(port, false);
      expect(other.ok && other.value.port).not.toBe(port);
      expect(other.ok && other.value.note).toBe(
        `${port} is busy, so ${other.ok && other.value.port}`,
      );
    } finally {
      server.close();
    }
  });
});
