/** What the API says of itself. */
import { z } from "zod";
import { operation } from "./operation.ts";

export const getOpenApi = operation({
  id: "getOpenApi",
  method: "GET",
  path: "/v1/openapi.json",
  group: "meta",
  summary: "This document",
  role: "viewer",
  answers: {
    200: { description: "OpenAPI 3.1", json: z.record(z.string(), z.unknown()) },
  },
  problems: [],
});
