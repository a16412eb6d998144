/** What a person wanted and was not done, as a problem of the API. */
import type { ActFailure } from "../store/act-failure.ts";
import { problem } from "./problem.ts";
import { storeProblem } from "./store-problem.ts";

export function actProblem(failure: ActFailure, service: string): Response {
  switch (failure.kind) {
    case "refused":
      return problem(409, "conflict", failure.message);
    case "unexpected":
      return problem(412, "precondition-failed", failure.message);
    case "changed":
      return problem(409, "conflict", `${service} was changed by someone else; try again`);
    case "store":
      return storeProblem(failure.error);
  }
}
