import { requireBinary } from "./binaries.ts";

/**
 * Runs once before the integration tests. A program that is missing fails the run with what to
 * install, here and in CI alike: a test that silently did not run proves nothing.
 */
export async function setup(): Promise<void> {
  await Promise.all([requireBinary("envoy"), requireBinary("etcd"), requireBinary("etcdctl")]);
}
