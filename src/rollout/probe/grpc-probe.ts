/**
 * `grpc.health.v1.Health/Check`: SERVING is well, and anything else is not.
 * https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
import type { IncomingHttpHeaders } from "node:http2";
import { limits } from "../../config/limits.ts";
import type { Address } from "../../model/instance.ts";
import { http2Stream } from "./http2-stream.ts";
import type { ProbeOutcome } from "./probe.ts";

export interface GrpcQuestion {
  /** Empty: the whole server. */
  readonly serviceName: string;
  readonly authority: string;
}

export function grpcProbe(
  address: Address,
  { serviceName, authority }: GrpcQuestion,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const headers = {
    ":method": "POST",
    ":path": "/grpc.health.v1.Health/Check",
    ":authority": authority,
    "content-type": "application/grpc",
    "user-agent": "serin",
    te: "trailers",
  };
  return http2Stream(address, headers, requestOf(serviceName), signal, (stream, resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let httpStatus = 0;
    let code: string | undefined;
    const take = ({ "grpc-status": status }: IncomingHttpHeaders): void => {
      if (typeof status === "string") code = status;
    };
    stream.on("response", (fields) => {
      httpStatus = fields[":status"] ?? 0;
      take(fields);
    });
    stream.on("trailers", take);
    stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limits.probes.answerBytes) chunks.push(chunk);
      else resolve(wrong("answers with too many bytes"));
    });
    stream.once("end", () => resolve(outcomeOf(httpStatus, code, Buffer.concat(chunks))));
  });
}

/** Flags and length of a message: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
const prefixBytes = 5;

/** HealthCheckRequest has one field, `string service = 1`. */
function requestOf(serviceName: string): Buffer {
  const name = Buffer.from(serviceName);
  const field = name.length === 0 ? [] : [Buffer.of(0x0a), varint(name.length), name];
  const message = Buffer.concat(field);
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

const varint = (n: number): Buffer =>
  n < 0x80 ? Buffer.of(n) : Buffer.of((n & 0x7f) | 0x80, n >> 7);

const servingStatuses = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];
const statusTag = 0x08;

function outcomeOf(httpStatus: number, code: string | undefined, answer: Buffer): ProbeOutcome {
  if (httpStatus !== 200) return wrong(`answers ${httpStatus}`);
  if (code !== "0") return wrong(code === undefined ? "has no status" : `ends with code ${code}`);
  const message = answer.subarray(prefixBytes);
  const isWhole = answer.length >= prefixBytes && answer.readUInt32BE(1) === message.length;
  if (!isWhole || answer[0] !== 0) return wrong("is no message");
  // HealthCheckResponse has one field, an enum in one byte; absent, it is UNKNOWN.
  const status = message.length === 0 ? 0 : message[0] === statusTag ? (message[1] ?? 0) : -1;
  if (status === 1) return { kind: "well" };
  return wrong(`answers ${servingStatuses[status] ?? "an unknown status"}`);
}

const wrong = (what: string): ProbeOutcome => ({
  kind: "answer",
  reason: `grpc.health.v1.Health/Check ${what}`,
});
