/** What problems an operation may answer: its own, and those that any of its kind may. */
import type { Operation } from "./operation.ts";
import { commonProblems, type ProblemCode } from "./problem.ts";

export function problemsOf(operation: Operation): readonly ProblemCode[] {
  const { role, params, query, headers, body, method } = operation;
  const isRead = role === "viewer" || role === "anyone";
  const takesNothing = query === "any" && params === undefined && headers === undefined;
  return [
    ...operation.problems,
    ...commonProblems.all,
    ...(role === "anyone" ? [] : commonProblems.known),
    ...(takesNothing ? [] : commonProblems.asking),
    ...(isRead ? [] : commonProblems.writing),
    ...(method === "GET" || body === undefined ? [] : commonProblems.sending),
  ];
}
