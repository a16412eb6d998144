/** What is written of the health of one service: who is sick, or no key where nobody is. Pure. */
import type { ServiceName } from "../../model/names.ts";
import type { Sickness } from "../../model/service.ts";
import type { Act } from "../../store/act.ts";
import { decodeHealthStatus, encodeHealthStatus } from "../../store/decode/status-codec.ts";
import { healthStatusKey } from "../../store/status-keys.ts";
import type { Entry, Write } from "../../store/store.ts";

/** By address. */
export type SickInstances = ReadonlyMap<string, Sickness>;

export const nobodySick: SickInstances = new Map();

/** What cannot be read says nothing, and is written anew. */
export function sickIn(entry: Entry | undefined): SickInstances {
  const read = entry && decodeHealthStatus(entry);
  return read?.ok === true ? read.value.sick : nobodySick;
}

export interface Finding {
  readonly service: ServiceName;
  readonly sick: SickInstances;
  /** `status/health/<service>` as it was read. */
  readonly entry: Entry | undefined;
  readonly operation: string;
  /** Wall clock. */
  readonly atMs: number;
}

const saidBy =
  (stored: SickInstances) =>
  ([address, { backMs }]: readonly [string, Sickness]): boolean => {
    const known = stored.get(address);
    return known !== undefined && (known.backMs === undefined) === (backMs === undefined);
  };

/** undefined: the store says so already. */
export function healthAct({ service, sick, entry, operation, atMs }: Finding): Act | undefined {
  const stored = sickIn(entry);
  const isSame = stored.size === sick.size && [...sick].every(saidBy(stored));
  const isGone = sick.size === 0 && entry !== undefined;
  if (isSame && !isGone) return undefined;
  const key = healthStatusKey(service);
  const write: Write =
    sick.size === 0
      ? { kind: "delete", key }
      : { kind: "put", key, value: encodeHealthStatus({ sick, operation }) };
  const why = `${sick.size} instances were found sick`;
  return {
    ...{ service, operation, atMs, why },
    by: "serin's probes",
    read: [{ key, entry }],
    writes: [write],
  };
}
