/** Who is behind with a revision, and why, in the form of `GET /v1/wait`. */
import type { BehindJson } from "../api/wait.ts";
import { limits } from "../config/limits.ts";
import { type Applied, type Behind, shortName } from "../index.ts";
import { inOrderOfNodes, proxyStatus } from "./proxy-status.ts";

export interface BehindList {
  readonly behind: readonly BehindJson[];
  /** How many more there are. */
  readonly omitted: number;
}

/** In the order of the nodes, `most` of them. */
export function behindList(
  streams: Applied["behind"],
  most: number = limits.admin.problemEntries,
): BehindList {
  const sorted = streams.toSorted((a, b) => inOrderOfNodes(a.stream, b.stream));
  return shortened(sorted.flatMap(behindOf), most);
}

export function shortened(
  all: readonly BehindJson[],
  most: number = limits.admin.problemEntries,
): BehindList {
  const behind = all.slice(0, most);
  return { behind, omitted: all.length - behind.length };
}

function behindOf({ stream, types: lags }: Behind): readonly BehindJson[] {
  const { node, peer, types } = proxyStatus(stream);
  if (lags === undefined) {
    const unknown = { type: null, status: "PENDING", versionSent: null, versionAcked: null };
    return [{ node, peer, ...unknown, message: null }];
  }
  return lags.flatMap(({ typeUrl }) => {
    const type = types.find((each) => each.typeUrl === typeUrl);
    if (type === undefined) return [];
    const { status, versionSent, versionAcked, nack } = type;
    const message = nack?.message ?? null;
    return [{ node, peer, type: shortName(typeUrl), status, versionSent, versionAcked, message }];
  });
}

/** Rejected before, and nothing that the revision changed. */
export const isStanding = ({ types }: Behind): boolean =>
  types?.every(({ standing }) => standing) === true;

/** Nothing more is sent until something changes. */
export const isRejected = ({ types }: Behind): boolean =>
  types?.every(({ rejected }) => rejected) === true;
