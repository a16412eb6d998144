/**
 * How far the proxies of all replicas are with what a release has written. Each replica sees only those
 * that are connected to it, and tells the others, under a lease: `status/acks/<replica>`. While there is
 * a release it has this key, so that whoever leads knows whom to wait for. What is written there is held
 * against nothing but a release's own revision, so that an old value counts as none.
 */
import { isRejected, isStanding } from "../admin/behind-json.ts";
import { limits } from "../config/limits.ts";
import type { Behind, XdsServer } from "../index.ts";
import type { ServiceName } from "../model/names.ts";
import type { Acknowledgement } from "../rollout/release/decision.ts";
import { isEnded } from "../rollout/release/wait.ts";
import { decodeRolloutStatus } from "../store/decode/status-codec.ts";
import { rolloutStatusKey } from "../store/status-keys.ts";
import type { Entry } from "../store/store.ts";
import { decodeAcks, encodeAcks, type ReplicaAcks } from "./acknowledgement-codec.ts";
import { type TellingOptions, ToldByReplicas } from "./told-by-replicas.ts";

export const acksFolder = "status/acks/";

export interface AcknowledgementOptions extends TellingOptions {
  readonly entries: () => ReadonlyMap<string, Entry>;
  readonly releases: () => Iterable<ServiceName>;
  readonly xds: Pick<XdsServer, "behind" | "streams">;
}

export class Acknowledgements {
  readonly #options: AcknowledgementOptions;
  /** undefined: what one wrote cannot be read. */
  readonly #replicas: ToldByReplicas<ReplicaAcks | undefined>;
  #isClosed = false;
  #cancel: () => void;

  constructor(options: AcknowledgementOptions) {
    this.#options = options;
    this.#cancel = options.clock.after(limits.rollout.lookMs, () => this.tell());
    this.#replicas = new ToldByReplicas(options, acksFolder, decodeAcks);
  }

  /** Of the proxies of all replicas; undefined: whether there are any. */
  of(service: ServiceName, revision: bigint | undefined): Acknowledgement {
    const all = [this.#own(revision), ...this.#others(service, revision)];
    const rejected = all.flatMap((each) => (each.kind === "rejected" ? each.by : []));
    const behind = all.flatMap((each) => (each.kind === "pending" ? each.behind : []));
    // Those that have rejected it will not take it; whoever is behind may.
    if (all.some(({ kind }) => kind === "pending")) return { kind: "pending", behind };
    if (rejected.length > 0) return { kind: "rejected", by: rejected };
    return all.some(({ kind }) => kind === "applied") ? { kind: "applied" } : { kind: "none" };
  }

  /** What this replica's proxies have is looked at, and told if it is news. */
  tell(): void {
    if (this.#isClosed) return;
    const { clock } = this.#options;
    this.#cancel();
    this.#cancel = clock.after(limits.rollout.lookMs, () => this.tell());
    const services = [...this.#options.releases()];
    this.#replicas.tell(services.length === 0 ? "" : encodeAcks(this.#acks(services)));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    await this.#replicas.close();
  }

  #acks(services: readonly ServiceName[]): ReplicaAcks {
    return {
      connected: this.#own(undefined).kind !== "none",
      services: new Map(
        services.flatMap((service) => {
          const revision = this.#awaited(service);
          if (revision === undefined) return [];
          return [[service, { revision, acked: this.#own(revision) }] as const];
        }),
      ),
    };
  }

  /** What the release has written last; undefined: nothing, or nobody waits for it any more. */
  #awaited(service: ServiceName): bigint | undefined {
    const entry = this.#options.entries().get(rolloutStatusKey(service));
    const status = entry && decodeRolloutStatus(entry);
    if (status?.ok !== true || isEnded(status.value)) return undefined;
    const written = status.value.writtenRevision;
    return written === undefined ? undefined : BigInt(written);
  }

  #own(revision: bigint | undefined): Acknowledgement {
    const { xds } = this.#options;
    if (!xds.streams().some(({ node }) => node !== undefined)) return { kind: "none" };
    if (revision === undefined) return { kind: "applied" };
    const behind = xds.behind(undefined, { revision }).filter((each) => !isStanding(each));
    if (behind.length === 0) return { kind: "applied" };
    const waiting = behind.filter((each) => !isRejected(each));
    return waiting.length === 0
      ? { kind: "rejected", by: behind.map(nodeOf) }
      : { kind: "pending", behind: waiting.map(nodeOf) };
  }

  #others(service: ServiceName, revision: bigint | undefined): readonly Acknowledgement[] {
    return [...this.#replicas.others].map(([replica, acks]) =>
      theirs(replica, acks, service, revision),
    );
  }
}

/** Of another replica; what cannot be read, or is about something else, is waited for. */
function theirs(
  replica: string,
  acks: ReplicaAcks | undefined,
  service: ServiceName,
  revision: bigint | undefined,
): Acknowledgement {
  if (revision === undefined && acks !== undefined) {
    return { kind: acks.connected ? "applied" : "none" };
  }
  const told = acks?.services.get(service);
  if (told === undefined || told.revision !== revision) {
    return { kind: "pending", behind: [`the proxies of ${replica}`] };
  }
  return told.acked;
}

const nodeOf = ({ stream }: Behind): string => stream.node?.id ?? stream.peer;
