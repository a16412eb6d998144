/** Who may do what: as the server decides it, so that the page can say so before. */
import type { Me } from "../../api/events.ts";
import type { Role } from "../../api/role.ts";

const rank: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

export const mayDo = (me: Me | null, needed: Role): boolean =>
  me === null || rank[me.role] >= rank[needed];
