import { describe, expect, it } from "vitest";
import { parseAddress, parseIp } from "../../../src/store/schema/address.ts";
import { decodeOne } from "./decode-entries.ts";

describe("an IP address has one spelling", () => {
  it.each([
    ["10.0.0.1", "10.0.0.1"],
    ["::1", "::1"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["0::0", "::"],
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:0db8::0001", "2001:db8::1"],
    ["64:ff9b::10.0.0.1", "64:ff9b::a00:1"],
  ])("%s is %s", (text, spelling) => {
    expect(parseIp(text)).toEqual({ ok: true, value: spelling });
  });

  it.each(["::ffff:127.0.0.1", "::FFFF:7F00:1", "0:0:0:0:0:ffff:0:0"])("%s is none", (text) => {
    const reason = "expected an IPv4 address in its own form, not in IPv6's";
    expect(parseIp(text)).toEqual({ ok: false, error: reason });
    expect(parseAddress(`[${text}]:80`)).toEqual({ ok: false, error: reason });
  });

  it.each(["fe80::1", "FEBF:0::1"])("%s says too little", (text) => {
    const reason = "expected an address that is not of one link (fe80::/10)";
    expect(parseIp(text)).toEqual({ ok: false, error: reason });
  });

  it.each(["fe80::1%eth0", "01.2.3.4", "::g", "localhost", ""])("%j is none at all", (text) => {
    expect(parseIp(text)).toEqual({ ok: false, error: "expected an IP address" });
  });

  it("in instances and listeners", () => {
    const address = "[0:0:0:0:0:0:0:1]:80";
    const { state } = decodeOne("endpoints/web/a", { address });
    expect([...state.services.values()][0]?.instances[0]?.address).toEqual({
      host: "::1",
      port: 80,
    });
    const listeners = [
      { name: "a", port: 1 },
      { name: "b", port: 2, address: "::0.0.0.1" },
    ];
    const gateway = decodeOne("gateways/edge", { listeners, addresses: [{ value: "0::0" }] });
    const [edge] = gateway.state.gateways.values();
    expect(edge?.listeners.map((one) => one.address)).toEqual(["::", "::1"]);
  });
});
