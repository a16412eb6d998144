import type { Role } from "../../api/role.ts";

/** Each may also do what those before it may. */
export const roles = ["viewer", "operator", "admin"] as const satisfies readonly Role[];

export const covers = (role: Role, needed: Role): boolean =>
  roles.indexOf(role) >= roles.indexOf(needed);
