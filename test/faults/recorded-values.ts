/** The values that serin keeps in etcd, as far as they are judged: plain JSON, read by nothing of serin. */

export interface RolloutStatusJson {
  readonly operation: string;
  readonly phase: string;
  readonly step: number;
  readonly canaryPercent: number;
  /** `this`: the value itself was written with the step. */
  readonly writtenRevision?: string;
  readonly reachedMs?: number;
  readonly waits?: { readonly for: string };
  readonly aborted?: { readonly by: string };
}

export interface GuardStatusJson {
  readonly latched: Readonly<Record<string, unknown>>;
}

export interface RecordJson {
  readonly by: string;
  readonly why: string;
  readonly changes: readonly {
    readonly key: string;
    readonly before: unknown;
    readonly after: unknown;
  }[];
}

export interface LeaderJson {
  /** `host/pid` of the replica. */
  readonly who: string;
}

export type WeightsJson = Readonly<Record<string, number>>;

/** undefined: there is nothing, or it is no JSON. */
export function jsonIn<T>(text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

/** In per cent. */
export function shareOf(weights: WeightsJson, subset: string): number {
  const sum = Object.values(weights).reduce((total, each) => total + each, 0);
  return sum === 0 ? 0 : ((weights[subset] ?? 0) / sum) * 100;
}

export const isNear = (one: number, other: number): boolean => Math.abs(one - other) < 1e-6;
