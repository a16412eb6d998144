/** A failure of the store as a problem of the API. */
import type { StoreError } from "../store/store.ts";
import { problem } from "./problem.ts";

export function storeProblem({ kind, message }: StoreError): Response {
  switch (kind) {
    case "unavailable":
      return problem(503, "store-unavailable", message);
    case "ambiguous":
      return problem(504, "write-ambiguous", `${message}; it may have been written: read it back`);
    case "denied":
      return problem(403, "store-denied", message);
    case "refused":
      return problem(422, "store-denied", message);
  }
}
