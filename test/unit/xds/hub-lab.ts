/** A hub over a view of three-letter resources, with wires that are arrays. */
import { encodeMessage } from "../../../src/proto/encode.ts";
import type { TypeUrl } from "../../../src/snapshot/type-url.ts";
import { View } from "../../../src/snapshot/view.ts";
import type { EndReason } from "../../../src/xds/end-reason.ts";
import { Hub } from "../../../src/xds/hub.ts";
import type { ConnectedProxy } from "../../../src/xds/node.ts";
import { type PushEvent, type StreamEvent, silentObserver } from "../../../src/xds/observer.ts";
import type { ViewOfNode, Wire, XdsStream } from "../../../src/xds/stream.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { bundle, bundles, CDS, RDS, resource } from "../snapshot/resources.ts";

export class ArrayWire implements Wire {
  readonly peer = "test";
  readonly written: Uint8Array[] = [];
  readonly ends: EndReason[] = [];
  takesMore = true;

  write(bytes: Uint8Array): boolean {
    this.written.push(bytes);
    return this.takesMore;
  }

  end(reason: EndReason): void {
    this.ends.push(reason);
  }
}

export const request = (typeUrl: string, id = "n"): Uint8Array =>
  encodeMessage("envoy.service.discovery.v3.DeltaDiscoveryRequest", {
    node: { id },
    type_url: typeUrl,
  });

/** A hub over one view, whose wires are arrays. */
export function setUp(viewOf?: (proxy: ConnectedProxy) => ViewOfNode) {
  const clock = new FakeClock();
  const view = new View("v", { changeLogEntries: 100, milestones: 4 });
  view.apply(1n, bundles(bundle("a", resource(CDS, "a"), resource(RDS, "r"))), 0);
  const pushes: PushEvent[] = [];
  const closed: (StreamEvent & { readonly bug?: unknown })[] = [];
  const hub = new Hub({
    clock,
    controlPlane: "test",
    viewOf: viewOf ?? (() => view),
    observer: {
      ...silentObserver,
      pushed: (event) => pushes.push(event),
      streamClosed: (event) => closed.push(event),
    },
  });
  const open = (): { readonly stream: XdsStream; readonly wire: ArrayWire } => {
    const wire = new ArrayWire();
    const stream = hub.open(wire, { variant: "delta", onlyType: undefined });
    if (stream === undefined) throw new Error("refused");
    return { stream, wire };
  };
  const change = (revision: bigint, content: string): void => {
    view.apply(revision, bundles(bundle("a", resource(CDS, "a", content))), clock.monotonicMs());
    hub.changed(view);
  };
  return { clock, view, hub, open, change, pushes, closed };
}

const responses = "envoy.service.discovery.v3.DeltaDiscoveryRequest";

/** The proxy's answer to what is in flight of a type; `error` makes it a NACK. */
export function answer(stream: XdsStream, typeUrl: TypeUrl, error?: string): void {
  const response_nonce = stream.types.get(typeUrl)?.inFlight?.nonce ?? "";
  stream.receive(
    encodeMessage(responses, {
      type_url: typeUrl,
      response_nonce,
      ...(error !== undefined && { error_detail: { message: error } }),
    }),
  );
}
