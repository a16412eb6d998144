/**
 * One stream of load reports: the proxy says who it is, is told how often to report, and reports. A
 * bad report ends this stream and no other.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/service/load_stats/v3/lrs.proto
 */
import { limits } from "../../config/limits.ts";
import { encodeMessage } from "../../proto/encode.ts";
import { FieldScanner, lengthDelimited } from "../../proto/scan.ts";
import { duration } from "../../proto/values.ts";
import { readNode } from "../codec.ts";
import { type EndReason, internal, reasons } from "../end-reason.ts";
import type { ProxyNode } from "../node.ts";
import { textOf } from "../request-fields.ts";
import type { Wire } from "../stream.ts";
import type { LoadPace } from "./load-pace.ts";
import { type LoadMessage, readLoad } from "./read-load.ts";

/** What a stream needs of those who keep all of them. */
export interface LoadHost {
  readonly pace: LoadPace;
  reported(stream: LoadStream, node: ProxyNode, message: LoadMessage): void;
  ended(stream: LoadStream, reason: EndReason): void;
}

export class LoadStream {
  /** Of no other stream of load reports of this process. */
  readonly id: number;
  readonly wire: Wire;
  readonly #host: LoadHost;
  #node: ProxyNode | undefined;
  /** The interval that it was told last, ms. */
  #toldMs: number | undefined;
  /** Of its last report. */
  #bytes = 0;
  #writable = true;
  #ended = false;

  constructor(host: LoadHost, wire: Wire, id: number) {
    this.#host = host;
    this.wire = wire;
    this.id = id;
  }

  get node(): ProxyNode | undefined {
    return this.#node;
  }

  /** Takes one message, and keeps nothing of its bytes. */
  receive(bytes: Uint8Array): void {
    if (this.#ended) return;
    try {
      this.#receive(bytes);
    } catch (bug) {
      this.end(internal(bug));
    }
  }

  #receive(bytes: Uint8Array): void {
    const message = readLoad(bytes);
    if ("code" in message) {
      this.end(message);
      return;
    }
    const isFirst = this.#node === undefined;
    const node = this.#node ?? introduced(message.node);
    if ("code" in node) {
      this.end(node);
      return;
    }
    this.#node = node;
    // The first message is no report; one that is both is taken for both.
    if (!isFirst || message.named > 0) {
      this.#host.pace.replaced(this.#bytes, bytes.length);
      this.#bytes = bytes.length;
      this.#host.reported(this, node, message);
    }
    this.#tellInterval();
  }

  /** An answer that the proxy has not read yet is not followed by another one. */
  #tellInterval(): void {
    const { pace } = this.#host;
    if (this.#ended || !this.#writable) return;
    if (this.#toldMs !== undefined && !pace.differs(this.#toldMs)) return;
    this.#toldMs = pace.intervalMs;
    this.#writable = this.wire.write(answer(this.#toldMs));
  }

  /** The wire takes messages again. */
  drained(): void {
    this.#writable = true;
  }

  /** The proxy went away, or the wire broke. */
  closed(reason: EndReason): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#host.pace.replaced(this.#bytes, 0);
    this.#host.ended(this, reason);
  }

  end(reason: EndReason): void {
    if (this.#ended) return;
    this.closed(reason);
    this.wire.end(reason);
  }
}

const answer = (intervalMs: number): Uint8Array =>
  encodeMessage("envoy.service.load_stats.v3.LoadStatsResponse", {
    send_all_clusters: true,
    report_endpoint_granularity: true,
    load_reporting_interval: duration(intervalMs),
  });

/** Who reports, by its first message. */
function introduced(encoded: Uint8Array | undefined): ProxyNode | EndReason {
  if (encoded === undefined) return reasons.noNode;
  if (encoded.length > limits.xds.nodeBytes) return reasons.nodeTooLarge;
  const node = nodeIn(encoded);
  if (node === undefined) return reasons.malformedLoad;
  if (node.id === "") return reasons.noNode;
  // It would report of no cluster, and that would look like no requests.
  return hasFeature(encoded, allClusters) ? node : reasons.noAllClusters;
}

function nodeIn(encoded: Uint8Array): ProxyNode | undefined {
  try {
    return readNode(encoded);
  } catch {
    return undefined;
  }
}

/** Envoy has it, and gRPC in all languages. */
const allClusters = "envoy.lrs.supports_send_all_clusters";
/** Field number of `client_features` in a Node. */
const featureField = 10;

function hasFeature(node: Uint8Array, feature: string): boolean {
  const field = new FieldScanner(node);
  while (field.next()) {
    if (field.number !== featureField || field.wireType !== lengthDelimited) continue;
    if (field.to - field.from !== feature.length) continue;
    if (textOf(node.subarray(field.from, field.to)) === feature) return true;
  }
  return false;
}
