/** Who serin takes the caller for. */
import { z } from "zod";
import { operation } from "./operation.ts";

const me = z
  .object({
    name: z.string().nullable().describe("Of the token; null where the port asks for none"),
    role: z.enum(["viewer", "operator", "admin"]),
    tokens: z.boolean().describe("Whether the port asks for tokens"),
  })
  .meta({ id: "Me" });

export const getMe = operation({
  id: "getMe",
  method: "GET",
  path: "/v1/me",
  group: "access",
  summary: "Who serin takes the caller for, and what he may do",
  role: "viewer",
  answers: { 200: { description: "The holder of the token", json: me } },
  problems: [],
});
