/** A proxy that asks and asks, and answers nothing: what it is owed is bounded. */
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import { encodeMessage } from "../../../src/proto/encode.ts";
import { type TypeUrl, typeUrls } from "../../../src/snapshot/type-url.ts";
import { reasons } from "../../../src/xds/end-reason.ts";
import { CDS, EDS } from "../snapshot/resources.ts";
import { type ArrayWire, setUp } from "./hub-lab.ts";

const perRequest = 20_000;
const VHDS = typeUrls.virtualHost;

/** Each request asks for other names, and no more for those of the request before. */
function asksOn(typeUrl: TypeUrl, requests: number) {
  const { stream, wire } = setUp().open();
  const send = (fields: object): void =>
    stream.receive(
      encodeMessage("envoy.service.discovery.v3.DeltaDiscoveryRequest", {
        node: { id: "n" },
        type_url: typeUrl,
        ...fields,
      }),
    );
  const namesOf = (round: number): readonly string[] =>
    Array.from({ length: perRequest }, (_, at) => `r/${round}-${at}`);
  send({ resource_names_subscribe: typeUrl === EDS ? ["first"] : [] });
  for (let round = 1; round <= requests; round += 1) {
    send({
      resource_names_subscribe: namesOf(round),
      resource_names_unsubscribe: round === 1 ? [] : namesOf(round - 1),
    });
  }
  return { stream, wire };
}

const ends = (wire: ArrayWire) => wire.ends.map(({ message }) => message);

describe("a proxy that asks and does not answer", () => {
  it("is owed what it asks for now", () => {
    const { stream, wire } = asksOn(EDS, 8);
    expect(ends(wire)).toEqual([]);
    expect(stream.types.get(EDS)?.subscription.names.size).toBe(perRequest + 1);
    expect(stream.types.get(EDS)?.owed.size).toBe(perRequest);
  });

  it.each([
    ["of names that the wildcard covers", CDS],
    ["of virtual hosts for requests", VHDS],
  ])("is served no longer once there are too many %s", (_what, typeUrl) => {
    const most = limits.xds.subscriptionNames / perRequest;
    expect(ends(asksOn(typeUrl, most).wire)).toEqual([]);
    expect(ends(asksOn(typeUrl, most + 1).wire)).toEqual([reasons.tooManyNames.message]);
  });
});
