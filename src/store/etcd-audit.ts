/**
 * The belt to the watch's braces: a linearizable, keys-only list compared with what was applied. It
 * finds whatever a bug of etcd's or of serin's let slip. A difference counts only when a second look,
 * after the watch had time to deliver, shows the very same.
 */
import type { Clock } from "../lib/clock.ts";
import type { StoreLimits } from "./etcd-options.ts";
import type { Entry } from "./store.ts";

/** Key to a text that names both sides; equal texts are the same difference. */
export type Mismatches = ReadonlyMap<string, string>;

export function mismatches(
  applied: ReadonlyMap<string, Entry>,
  listed: ReadonlyMap<string, Entry>,
): Mismatches {
  const found = new Map<string, string>();
  for (const [key, { modRevision }] of listed) {
    const own = applied.get(key)?.modRevision;
    if (own !== modRevision) found.set(key, `${own ?? "absent"} ${modRevision}`);
  }
  for (const [key, { modRevision }] of applied) {
    if (!listed.has(key)) found.set(key, `${modRevision} absent`);
  }
  return found;
}

/** Number of differences that both looks show. */
export function lasting(first: Mismatches, second: Mismatches): number {
  let count = 0;
  for (const [key, difference] of first) {
    if (second.get(key) === difference) count++;
  }
  return count;
}

export interface AuditOptions {
  readonly clock: Clock;
  readonly bounds: Pick<StoreLimits, "auditIntervalMs" | "auditConfirmMs">;
  /** One comparison; undefined when etcd could not be read, or there is nothing to compare. */
  readonly look: () => Promise<Mismatches | undefined>;
  /** Called with the number of keys that differ. */
  readonly onDivergence: (keys: number) => void;
}

/**
 * Audits soon after its making (a reconnect is when changes get lost), then at the set interval,
 * until stopped.
 */
export class Audit {
  readonly #options: AuditOptions;
  #cancel: () => void = () => undefined;
  #stopped = false;

  constructor(options: AuditOptions) {
    this.#options = options;
    const { auditConfirmMs, auditIntervalMs } = options.bounds;
    this.#after(Math.min(auditConfirmMs, auditIntervalMs), () => this.#firstLook());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #after(ms: number, look: () => Promise<void>): void {
    if (this.#stopped) return;
    this.#cancel = this.#options.clock.after(ms, () => void look());
  }

  async #firstLook(): Promise<void> {
    const { look, bounds } = this.#options;
    const first = await look();
    if (first === undefined || first.size === 0) return this.#again();
    this.#after(bounds.auditConfirmMs, () => this.#secondLook(first));
  }

  async #secondLook(first: Mismatches): Promise<void> {
    const second = await this.#options.look();
    if (this.#stopped) return;
    const keys = second === undefined ? 0 : lasting(first, second);
    if (keys > 0) this.#options.onDivergence(keys);
    this.#again();
  }

  #again(): void {
    this.#after(this.#options.bounds.auditIntervalMs, () => this.#firstLook());
  }
}
