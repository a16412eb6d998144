/** How the server is with its store. */
import { z } from "zod";
import { type Json, revision } from "./json.ts";
import { operation } from "./operation.ts";

export const storeState = z
  .object({
    store: z.string(),
    connected: z.boolean(),
    message: z.string(),
    revision: revision.nullable().describe("In force; null before the first"),
  })
  .meta({ id: "Store" });

export type StoreJson = Json<typeof storeState>;

export const getStore = operation({
  id: "getStore",
  method: "GET",
  path: "/v1/store",
  group: "store",
  summary: "How the server is with its store",
  role: "viewer",
  answers: { 200: { description: "Its state", json: storeState } },
  problems: [],
});
