import { typeUrls as known, type TypeUrl } from "../snapshot/type-url.ts";
import type { resource } from "./resource.ts";

/** Type URLs by the names that the makers have in `resource`. */
export const typeUrls = {
  cluster: known.cluster,
  loadAssignment: known.endpoint,
  listener: known.listener,
  routeConfiguration: known.route,
  scopedRoute: known.scopedRoute,
  virtualHost: known.virtualHost,
  secret: known.secret,
  runtime: known.runtime,
  extensionConfig: known.extensionConfig,
} as const satisfies { readonly [Name in keyof typeof resource]?: TypeUrl };
