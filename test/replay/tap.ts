/** Writes down what goes over the streams of a hub, both ways, in symbols. */
import { shortName } from "../../src/snapshot/type-url.ts";
import type { Hub } from "../../src/xds/hub.ts";
import type { Variant } from "../../src/xds/stream-state.ts";
import type { EventLine, NodeLine, RequestLine, ResponseLine } from "./fixture.ts";
import { readRequest, readResponse, type WireRequest, type WireResponse } from "./messages.ts";

/** Numbers for what differs from run to run, in the order in which it is first seen. */
class Symbols {
  readonly #known = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  /** `<prefix><number>`; numbers of one `group` are apart from those of others. */
  of(group: string, value: string, prefix: string): string {
    const key = JSON.stringify([group, value]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const count = (this.#counts.get(group) ?? 0) + 1;
    this.#counts.set(group, count);
    this.#known.set(key, `${prefix}${count}`);
    return `${prefix}${count}`;
  }
}

export class Tap {
  readonly #symbols = new Symbols();
  readonly #write: (line: EventLine) => void;
  #streams = 0;
  #lastNode = "";

  constructor(write: (line: EventLine) => void) {
    this.#write = write;
  }

  /** From now on `hub` tells; one tap may follow several hubs, one after the other. */
  attach(hub: Hub): void {
    const open = hub.open.bind(hub);
    hub.open = (wire, options) => {
      const { variant, onlyType } = options;
      this.#streams += 1;
      const stream = this.#streams;
      const only = onlyType === undefined ? {} : { only: shortName(onlyType) };
      this.#write({ stream, open: variant, ...only });
      let ended = false;
      const end = (by: "proxy" | "server"): void => {
        if (!ended) this.#write({ stream, end: by });
        ended = true;
      };
      const tapped = {
        peer: wire.peer,
        write: (bytes: Uint8Array): boolean => {
          this.#write(this.#response(stream, variant, readResponse(variant, bytes)));
          return wire.write(bytes);
        },
        end: (reason: Parameters<typeof wire.end>[0]): void => {
          end(reason.code === "ok" && reason.message.includes("client") ? "proxy" : "server");
          wire.end(reason);
        },
      };
      const opened = open(tapped, options);
      if (opened === undefined) return undefined;
      const receive = opened.receive.bind(opened);
      opened.receive = (bytes) => {
        this.#write(this.#request(stream, variant, readRequest(variant, onlyType, bytes)));
        receive(bytes);
      };
      const closed = opened.closed.bind(opened);
      opened.closed = (reason) => {
        if (reason.code !== "ok" || reason.message.includes("drain")) end("server");
        else end("proxy");
        closed(reason);
      };
      return opened;
    };
  }

  #request(stream: number, variant: Variant, of: WireRequest): RequestLine {
    const { type, nonce, version, names, subscribe, unsubscribe, initial, error, node } = of;
    return {
      stream,
      ask: type,
      ...(nonce !== "" && { nonce: this.#nonce(stream, nonce) }),
      ...(version !== "" && { version: this.#version(type, version) }),
      ...(variant === "sotw" && { names: [...names].sort() }),
      ...(subscribe.length > 0 && { subscribe: [...subscribe].sort() }),
      ...(unsubscribe.length > 0 && { unsubscribe: [...unsubscribe].sort() }),
      ...(initial.size > 0 && { initial: this.#contents(type, initial) }),
      ...(error !== undefined && { error }),
      ...(node !== undefined && { node: this.#node(node) }),
    };
  }

  #node(node: NodeLine): NodeLine | "again" {
    const text = JSON.stringify(node);
    if (text === this.#lastNode) return "again";
    this.#lastNode = text;
    return node;
  }

  #response(stream: number, variant: Variant, of: WireResponse): ResponseLine {
    const { type, nonce, version, resources, removed } = of;
    return {
      stream,
      send: type,
      nonce: this.#nonce(stream, nonce),
      ...(variant === "sotw" && { version: this.#version(type, version) }),
      resources: this.#contents(type, resources),
      ...(removed.length > 0 && { removed: [...removed].sort() }),
    };
  }

  #nonce(stream: number, nonce: string): string {
    return this.#symbols.of(`nonce ${stream}`, nonce, "n");
  }

  #version(type: string, version: string): string {
    return this.#symbols.of(`version ${type}`, version, "v");
  }

  #contents(type: string, versions: ReadonlyMap<string, string>): readonly string[] {
    return [...versions]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, version]) => this.#symbols.of(`content ${type} ${name}`, version, `${name}@`));
  }
}
