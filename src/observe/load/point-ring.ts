/** Figures of one version at each of the last steps. The memory is taken once. */
import type { VersionPoint } from "./figures.ts";

type Point = Omit<VersionPoint, "version" | "ageMs">;

/** Numbers of one point. */
const width = 5;

const never = -1;

export class PointRing {
  readonly #size: number;
  /** Which step a slot is about. */
  readonly #steps: Int32Array;
  readonly #numbers: Float32Array;

  /** `size`: steps remembered. */
  constructor(size: number) {
    this.#size = size;
    this.#steps = new Int32Array(size).fill(never);
    this.#numbers = new Float32Array(size * width);
  }

  /** Steps count up from 0. */
  write(step: number, { requestsPerSecond, errorsPerSecond, inProgress, latency }: Point): void {
    const slot = step % this.#size;
    this.#steps[slot] = step;
    const { p50 = Number.NaN, p99 = Number.NaN } = latency ?? {};
    this.#numbers.set([requestsPerSecond, errorsPerSecond, inProgress, p50, p99], slot * width);
  }

  /** Undefined: nothing was written, or it is too long ago. */
  read(step: number): Point | undefined {
    const slot = step % this.#size;
    if (step < 0 || this.#steps[slot] !== step) return undefined;
    const [requestsPerSecond = 0, errorsPerSecond = 0, inProgress = 0, p50 = 0, p99 = 0] =
      this.#numbers.subarray(slot * width, (slot + 1) * width);
    const latency = Number.isNaN(p50) ? undefined : { p50, p99 };
    return { requestsPerSecond, errorsPerSecond, inProgress, latency };
  }
}
