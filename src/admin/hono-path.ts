import type { Operation } from "../api/operation.ts";

/** `{key}` as Hono has it. */
export const honoPath = ({ path, slashes }: Pick<Operation, "path" | "slashes">): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    name === slashes ? `:${name}{.+}` : `:${name}`,
  );
