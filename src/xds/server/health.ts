/**
 * The health service of gRPC on the xDS port, for load balancers and probes that speak gRPC: the
 * server as a whole, and each xDS service by its name.
 * https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
import { reasons } from "../end-reason.ts";
import { xdsServices } from "../server-services.ts";
import type { CallSide, GrpcCall } from "./call.ts";

export const healthService = "grpc.health.v1.Health";

/** HealthCheckResponse.ServingStatus. */
type Serving = "SERVING" | "NOT_SERVING" | "SERVICE_UNKNOWN";

const answers: Readonly<Record<Serving, Uint8Array>> = {
  SERVING: Uint8Array.of(0x08, 1),
  NOT_SERVING: Uint8Array.of(0x08, 2),
  SERVICE_UNKNOWN: Uint8Array.of(0x08, 3),
};

const discovery = xdsServices.map(({ name }) => name);

export class Health {
  #draining = false;
  readonly #watches = new Map<GrpcCall, Serving>();
  readonly #watchesMost: number;
  readonly #known: ReadonlySet<string>;

  /** `more`: names of services beside those of discovery. */
  constructor(watchesMost: number, more: readonly string[] = []) {
    this.#watchesMost = watchesMost;
    this.#known = new Set(["", ...discovery, ...more]);
  }

  /** Watchers are told, and their calls end with their connections. */
  drain(): void {
    this.#draining = true;
    for (const [call, last] of this.#watches) {
      if (last !== "SERVING") continue;
      this.#watches.set(call, "NOT_SERVING");
      call.write(answers.NOT_SERVING);
    }
  }

  /** Ends the calls of all who watch. */
  close(): void {
    for (const call of this.#watches.keys()) call.end(reasons.draining);
    this.#watches.clear();
  }

  check(call: GrpcCall): void {
    call.begin(
      this.#side(call, (serving) => {
        if (serving === "SERVICE_UNKNOWN") {
          call.end({ code: "not_found", message: "no such service here" });
          return;
        }
        call.write(answers[serving]);
        call.end(reasons.clientEnded);
      }),
    );
  }

  watch(call: GrpcCall): void {
    call.begin(
      this.#side(call, (serving) => {
        if (this.#watches.size >= this.#watchesMost) {
          call.end(reasons.tooManyWatches);
          return;
        }
        this.#watches.set(call, serving);
        call.write(answers[serving]);
      }),
    );
  }

  /** Answers the one request that such a call has. */
  #side(call: GrpcCall, answer: (serving: Serving) => void): CallSide {
    let asked = false;
    return {
      message: (bytes) => {
        const service = asked ? undefined : serviceIn(bytes);
        asked = true;
        if (service === undefined) call.end(reasons.notHealthRequest);
        else answer(this.#serving(service));
      },
      halfClosed: () => {
        if (!asked) call.end(reasons.notHealthRequest);
      },
      drained: () => {},
      stop: (reason) => call.end(reason),
      closed: () => this.#watches.delete(call),
    };
  }

  #serving(service: string): Serving {
    if (!this.#known.has(service)) return "SERVICE_UNKNOWN";
    return this.#draining ? "NOT_SERVING" : "SERVING";
  }
}

const serviceTag = 0x0a;

/**
 * HealthCheckRequest has one field, `string service = 1`; undefined where it is something else. A
 * name of 128 bytes and more, whose length takes two, is none of ours.
 */
function serviceIn(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return "";
  const [tag, length = 0] = bytes;
  if (tag !== serviceTag || (length < 0x80 && length !== bytes.length - 2)) return undefined;
  return Buffer.from(bytes.subarray(2)).toString();
}
