/** Metrics of one registry, made in a line each. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

export function makers(registry: Registry) {
  const registers = [registry];
  return {
    counter: (name: string, help: string, labelNames: readonly string[]): Counter =>
      new Counter({ name, help, labelNames, registers }),
    gauge: (name: string, help: string, labelNames: readonly string[]): Gauge =>
      new Gauge({ name, help, labelNames, registers }),
    histogram: (
      name: string,
      help: string,
      labelNames: readonly string[],
      buckets: number[],
    ): Histogram => new Histogram({ name, help, labelNames, buckets, registers }),
  };
}
