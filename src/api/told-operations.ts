/** Operations as people are told of them: what is about any object is an operation for each kind. */
import type { KindOfObject, Operation } from "./operation.ts";
import { operations } from "./operations.ts";

export const toldOperations: readonly Operation[] = operations.flatMap((each: Operation) =>
  each.kinds === undefined ? each : each.kinds.map((kind) => ofKind(each, kind)),
);

function ofKind(operation: Operation, { kind, path, params, value }: KindOfObject): Operation {
  const { id, summary, role, body } = operation;
  const forms = body?.kind === "object" ? body.forms : [];
  return {
    ...operation,
    id: `${id}In${kind[0]?.toUpperCase()}${kind.slice(1)}`,
    summary: `${summary} (${kind})`,
    path,
    params,
    role: typeof role === "object" ? role.of({ key: `${kind}/` }) : role,
    ...(body !== undefined && {
      body: { kind: "object", forms: forms.map((form) => ({ ...form, schema: value })) },
    }),
  };
}
