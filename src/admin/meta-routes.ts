/** `GET /v1/openapi.json`: the contract, for people, fuzzers and makers of clients. */
import { getOpenApi } from "../api/meta.ts";
import { openApiDocument } from "../api/openapi.ts";
import type { Routes } from "./context.ts";
import { reply, route } from "./route.ts";

export const metaRoutes: Routes = (app, context) => {
  let document: ReturnType<typeof openApiDocument> | undefined;
  route(app, context, getOpenApi, () => {
    document ??= openApiDocument(context.sources.version);
    return reply(document);
  });
};
