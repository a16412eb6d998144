/**
 * What a failed call to etcd means. The etcd3 package turns gRPC statuses into classes without a
 * code, but keeps gRPC's own text `14 UNAVAILABLE: details`, which is read here.
 */
import { status } from "@grpc/grpc-js";
import type { StoreError } from "./store.ts";

export interface CallFailure {
  readonly code: number;
  readonly details: string;
}

/** Details that the call interceptor puts in place of etcd's complaints about a token. */
export const tokenRefused = "the session token is no longer valid";

export function callFailure(error: unknown): CallFailure {
  const text = error instanceof Error ? error.message : String(error);
  const match = /(?:^|\s)(\d{1,2}) [A-Z_]+: ([\s\S]*)$/.exec(text);
  if (match === null) return { code: status.UNKNOWN, details: text };
  return { code: Number(match[1]), details: match[2] ?? "" };
}

/** Etcd's words for a token that is gone, expired, or older than the last change of its users. */
export function complainsAboutToken(details: string): boolean {
  return /invalid auth token|revision of auth store is old|user name is empty/.test(details);
}

const transient: ReadonlySet<number> = new Set([
  status.CANCELLED,
  status.UNKNOWN,
  status.DEADLINE_EXCEEDED,
  status.ABORTED,
  status.INTERNAL,
  status.UNAVAILABLE,
  status.DATA_LOSS,
]);

export const isTransient = (failure: CallFailure): boolean => transient.has(failure.code);

/** The call never left this process, so a write did not happen. */
export function neverSent(failure: CallFailure): boolean {
  return /No connection established|Channel closed before call started|Name resolution failed/.test(
    failure.details,
  );
}

export const isCompacted = (failure: CallFailure): boolean =>
  failure.code === status.OUT_OF_RANGE && failure.details.includes("compacted");

export const isFuture = (failure: CallFailure): boolean =>
  failure.code === status.OUT_OF_RANGE && failure.details.includes("future revision");

export function storeError(
  endpoint: string,
  failure: CallFailure,
  call: "read" | "write",
): StoreError {
  const message = `etcd ${endpoint}: ${explain(failure)}`;
  if (isDenied(failure)) return { kind: "denied", message };
  if (!isTransient(failure)) return { kind: "refused", message };
  if (call === "read" || neverSent(failure)) return { kind: "unavailable", message };
  return { kind: "ambiguous", message: `${message}; the write may or may not have happened` };
}

export function isDenied({ code, details }: CallFailure): boolean {
  if (code === status.PERMISSION_DENIED || code === status.UNAUTHENTICATED) return true;
  return /authentication failed|permission denied|user name is empty/.test(details);
}

/** What a peer that speaks no TLS looks like: OpenSSL reads its answer, or it hangs up at once. */
const plainPeer = /wrong version number|packet length too long|disconnected before secure TLS/i;

/**
 * gRPC's words without its timings, so that a repeated failure repeats its message; and OpenSSL's,
 * as gRPC passes them on, with what an operator can do about them.
 */
export function explain({ details }: CallFailure): string {
  if (/certificate|SSL|TLS|altname|EPROTO/i.test(details)) {
    if (plainPeer.test(details)) {
      return `TLS failed (${details}); does etcd speak TLS at all? etcd:// is plain`;
    }
    return `TLS failed (${details}); check the CA, the client certificate and the host name`;
  }
  if (details.includes("user name is empty")) return "etcd asks for a user name and a password";
  if (details.startsWith("Deadline exceeded")) return "no answer within the deadline";
  const refused = /^No connection established\. Last error: (.*?)(?: \([^()]*\))?\. Resolution/;
  const cause = refused.exec(details)?.[1]?.replace(/^Error: /, "");
  return cause === undefined ? details : `no connection (${cause})`;
}
