/** `GET /v1/me`: who serin takes the caller for. */
import { getMe } from "../api/me.ts";
import type { Routes } from "./context.ts";
import { reply, route } from "./route.ts";

export const meRoutes: Routes = (app, context) => {
  route(app, context, getMe, (_, c) => {
    const { name, role } = c.get("identity");
    return reply({ name, role, tokens: context.access.asksForTokens });
  });
};
