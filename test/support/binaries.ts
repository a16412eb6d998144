import { type FoundBinary, findBinary } from "../../src/dev/binaries.ts";
import type { BinaryName } from "../../src/dev/binary-spec.ts";
import type { Result } from "../../src/lib/result.ts";

const found = new Map<BinaryName, Promise<FoundBinary>>();

/**
 * The program, looked up once per process; throws with the instructions to install it. Programs in
 * Docker are refused: tests kill, pause and give files to what they start.
 */
export function requireBinary(name: BinaryName): Promise<FoundBinary> {
  const known = found.get(name);
  if (known !== undefined) return known;
  const search = findBinary(name).then((result) => {
    const binary = unwrap(result);
    if (binary.how === "docker") {
      throw new Error(`tests need ${name} as a file, and only Docker has it: see SERIN_ENVOY/ETCD`);
    }
    return binary;
  });
  found.set(name, search);
  return search;
}

/** The value, or a throw with the error as its message. */
export function unwrap<T>(result: Result<T, string>): T {
  if (result.ok) return result.value;
  throw new Error(result.error);
}
