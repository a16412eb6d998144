import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeMessage } from "../../../src/proto/decode.ts";
import { encodeMessage } from "../../../src/proto/encode.ts";
import { withElements } from "../../../src/translate/splice.ts";

const type = "envoy.config.route.v3.RouteConfiguration";
const virtualHost = "envoy.config.route.v3.VirtualHost";

describe("splicing", () => {
  it("makes the message that encoding the whole would make, whatever the lengths", () => {
    const host = fc.string({ maxLength: 300 }).map((name) => ({ name, domains: ["*", name] }));
    fc.assert(
      fc.property(fc.array(host, { maxLength: 6 }), (hosts) => {
        const elements = hosts.map((each) => encodeMessage(virtualHost, each));
        const spliced = withElements(encodeMessage(type, { name: "r" }), 2, elements);
        const whole = encodeMessage(type, { name: "r", virtual_hosts: hosts });
        expect(decodeMessage(type, spliced)).toEqual(decodeMessage(type, whole));
        expect(spliced.length).toBe(whole.length);
      }),
    );
  });

  it("takes an element whose length needs three bytes", () => {
    const long = { name: "x".repeat(20_000) };
    const spliced = withElements(new Uint8Array(), 2, [encodeMessage(virtualHost, long)]);
    expect(decodeMessage(type, spliced)).toEqual({ virtual_hosts: [long] });
  });
});
