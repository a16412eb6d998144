/**
 * A TCP proxy between one replica and etcd that reads along. It knows each act that passes, and stops the
 * one that it was set upon in the middle of its way: before etcd has it, or before its answer is back.
 */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { isCommitted, readAct, type SentAct } from "./etcd-act.ts";
import { Http2Messages, type Piece } from "./http2-messages.ts";

/** An act whose bytes have come this far, and no further. */
export interface StoppedAct {
  readonly act: SentAct;
  /** What etcd made of it, once it was delivered; a compare that does not hold refuses it. */
  readonly verdict: "done" | "refused" | undefined;
  /** Lets it through to etcd, and what came after it a little later; the answers stay here. */
  deliver(): void;
  /** Resets the side of the replica alone: what is held may still be delivered. */
  orphan(): void;
  /** Once it is delivered: the answers as well. The connection is as any other from now on. */
  release(): void;
  /** Resets the connection at both ends: what is held is lost. */
  drop(): void;
}

export interface ActGate {
  /** `127.0.0.1:<port>` */
  readonly endpoint: string;
  /** All acts that this replica has sent, whatever became of them. */
  readonly sent: readonly SentAct[];
  /** Stops the first act that matches. */
  stopAt(matches: (act: SentAct) => boolean): Promise<StoppedAct>;
  /** Resets all connections but those of a stopped act, and refuses new ones, until `false`. */
  refuse(on: boolean): void;
  /** Holds all bytes of all connections, new ones too, until `false`; those of a stopped act stay held. */
  freeze(on: boolean): void;
  /** Resets all connections but those of a stopped act; new ones pass. */
  reset(): void;
  close(): Promise<void>;
}

interface Trap {
  readonly matches: (act: SentAct) => boolean;
  readonly caught: (stopped: StoppedAct) => void;
}

export async function startActGate(target: string, prefix: string): Promise<ActGate> {
  const [host = "", port = ""] = target.split(":");
  const links = new Set<Link>();
  const sent: SentAct[] = [];
  const traps = new Set<Trap>();
  const state = { isRefusing: false, isFrozen: false };
  let isClosed = false;

  const look = (link: Link, piece: Piece): void => {
    const act = piece.message && readAct(piece.message, prefix);
    if (act === undefined) return;
    sent.push(act);
    const trap = [...traps].find(({ matches }) => matches(act));
    if (trap === undefined) return;
    traps.delete(trap);
    link.stop(piece);
    trap.caught({
      act,
      get verdict() {
        return link.verdict;
      },
      deliver: () => link.deliver(),
      orphan: () => link.orphan(),
      release: () => link.release(),
      drop: () => link.reset(),
    });
  };

  const listener = createServer((client) => {
    client.on("error", () => undefined);
    if (state.isRefusing || isClosed) {
      client.resetAndDestroy();
      return;
    }
    const link: Link = new Link(client, connect(Number(port), host), {
      request: (piece) => look(link, piece),
      ended: () => links.delete(link),
    });
    links.add(link);
    if (state.isFrozen) link.freeze(true);
  });
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(0, "127.0.0.1", resolve);
  });
  const reset = (): void => {
    for (const link of [...links]) if (!link.isStopped) link.reset();
  };

  return {
    endpoint: `127.0.0.1:${(listener.address() as AddressInfo).port}`,
    sent,
    stopAt: (matches) => new Promise((caught) => traps.add({ matches, caught })),
    refuse: (on) => {
      state.isRefusing = on;
      if (on) reset();
    },
    freeze: (on) => {
      state.isFrozen = on;
      for (const link of links) link.freeze(on);
    },
    reset,
    close: async () => {
      isClosed = true;
      for (const link of [...links]) link.reset();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

/** How long etcd has an act for itself before it gets what was sent behind it, ms. */
const aloneMs = 200;

interface LinkEvents {
  /** Whoever stops the link here stops this very piece. */
  readonly request: (piece: Piece) => void;
  readonly ended: () => void;
}

/** One connection, with a valve in each direction. */
class Link {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #events: LinkEvents;
  readonly #requests = new Http2Messages("client");
  readonly #answers = new Http2Messages("server");
  readonly #held = { requests: [] as Buffer[], answers: [] as Buffer[] };
  /** By whom each direction is shut. */
  readonly #shut = { requests: new Set<string>(), answers: new Set<string>() };
  #isStopped = false;
  /** The end of the act that was stopped. */
  #act: Piece | undefined;
  /** Calls whose message is yet to come, and all that came behind them: the header starts etcd's clock. */
  #waiting: Piece[] = [];
  #verdict: "done" | "refused" | undefined;
  #opening: NodeJS.Timeout | undefined;

  constructor(client: Socket, server: Socket, events: LinkEvents) {
    this.#client = client;
    this.#server = server;
    this.#events = events;
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
    }
    client.on("data", (bytes: Buffer) => this.#request(bytes));
    server.on("data", (bytes: Buffer) => this.#answer(bytes));
    client.on("close", () => this.#clientGone());
    server.on("close", () => this.reset());
  }

  /** Whether it carries an act that was stopped, and not released. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  get verdict(): "done" | "refused" | undefined {
    return this.#verdict;
  }

  stop(act: Piece): void {
    this.#isStopped = true;
    this.#act = act;
    this.#shut.requests.add("act");
    this.#shut.answers.add("act");
  }

  freeze(on: boolean): void {
    for (const way of ["requests", "answers"] as const) {
      if (on) this.#shut[way].add("frozen");
      else this.#open(way, "frozen");
    }
  }

  /** The act by itself first: behind it may come that its sender has lost patience. */
  deliver(): void {
    const held = this.#held.requests;
    const end = this.#act === undefined ? -1 : held.indexOf(this.#act.bytes);
    for (const bytes of held.splice(0, end + 1)) this.#server.write(bytes);
    this.#opening = setTimeout(() => {
      this.#shut.requests.delete("frozen");
      this.#open("requests", "act");
    }, aloneMs);
  }

  orphan(): void {
    this.#client.resetAndDestroy();
  }

  release(): void {
    this.#isStopped = false;
    this.#shut.answers.delete("frozen");
    this.#open("answers", "act");
    if (this.#client.destroyed) this.#server.end();
  }

  reset(): void {
    this.#isStopped = false;
    clearTimeout(this.#opening);
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
    this.#events.ended();
  }

  #request(bytes: Buffer): void {
    for (const piece of this.#requests.take(bytes)) {
      this.#waiting.push(piece);
      this.#events.request(piece);
    }
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const { opens, stream } = next;
      const isWhole =
        !opens || this.#waiting.some((each) => each !== next && each.stream === stream);
      if (!isWhole) return;
      this.#waiting.shift();
      this.#pass("requests", next.bytes);
    }
  }

  #answer(bytes: Buffer): void {
    for (const { stream, message, bytes: frame } of this.#answers.take(bytes)) {
      if (message !== undefined && stream === this.#act?.stream) {
        this.#verdict = isCommitted(message) ? "done" : "refused";
      }
      this.#pass("answers", frame);
    }
  }

  #pass(way: "requests" | "answers", bytes: Buffer): void {
    if (this.#shut[way].size > 0) this.#held[way].push(bytes);
    else this.#target(way).write(bytes);
  }

  #open(way: "requests" | "answers", who: string): void {
    this.#shut[way].delete(who);
    if (this.#shut[way].size > 0) return;
    const target = this.#target(way);
    for (const bytes of this.#held[way].splice(0)) if (!target.destroyed) target.write(bytes);
  }

  #target(way: "requests" | "answers"): Socket {
    return way === "requests" ? this.#server : this.#client;
  }

  /** What is on its way does not go with its sender: packets of the dead arrive. */
  #clientGone(): void {
    if (this.#isStopped) return;
    this.#server.destroy();
    this.#events.ended();
  }
}
