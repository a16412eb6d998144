/** What is known of a run when it is over: all that the oracle goes by. */
import type { SentAct } from "./etcd-act.ts";
import type { Revision } from "./journal.ts";

export interface Story {
  /** Etcd's record, from the first revision on. */
  readonly revisions: readonly Revision[];
  /** Acts that were seen on their way to etcd, by the replica (`host/pid`) that sent them. */
  readonly sent: ReadonlyMap<string, readonly SentAct[]>;
  /** Revisions that people wrote past serin, with `etcdctl put`. */
  readonly byHand: ReadonlySet<number>;
  /** Names under which people act through serin. */
  readonly people: ReadonlySet<string>;
  readonly stable: string;
  readonly canary: string;
  /** Per cent of the canary by step; the step after the last one is the promotion. */
  readonly planned: readonly number[];
  /** How it must end. `latched`: there is a guard, and no release. */
  readonly ends: "complete" | "aborted" | "latched";
}
