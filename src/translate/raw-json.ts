/** A raw resource's proto JSON as bytes. */
import { err, type Result } from "../lib/result.ts";

/** What is wrong, and where in the value. */
export interface JsonProblem {
  readonly path: string;
  readonly message: string;
}

export function jsonBytes(
  typeUrl: string,
  _json: unknown,
): Result<Uint8Array, readonly JsonProblem[]> {
  return err([{ path: "", message: `proto JSON of ${typeUrl} is not taken yet` }]);
}
