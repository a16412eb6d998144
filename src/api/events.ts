/** What changes, as server-sent events. */
import { z } from "zod";
import { limits } from "../config/limits.ts";
import { name } from "../store/schema/leaves.ts";
import { alert } from "./alerts.ts";
import { count, type Json, revision } from "./json.ts";
import { operation } from "./operation.ts";
import { serviceSummary, versionFigures } from "./services.ts";
import { storeState } from "./store.ts";

const hello = z
  .object({
    version: z.string().describe("Of serin"),
    revision: revision.nullable().describe("Of the store, in force; null before the first"),
    store: storeState,
    you: z.object({
      name: z.string(),
      role: z.enum(["viewer", "operator", "admin"]),
    }),
  })
  .describe("The first one. Everything is said anew after it: forget what you knew");

const store = storeState.describe("The store is not to be had, or is again");

const figures = z
  .object({
    service: z.string(),
    atMs: z.number().describe("By the wall clock"),
    versions: z.array(versionFigures),
  })
  .describe("Of the versions of a service, at each step");

const changed = z
  .object({
    revision,
    since: revision.describe(
      "Of the one before: a reader that was slow, and has not had it, has missed keys",
    ),
    keys: z.array(z.string()).describe("Whose content is another one: the first of them"),
    more: count.describe("How many more there are"),
  })
  .describe("A state has come into force");

const proxies = z
  .object({ connected: count, synced: count, pending: count, stale: count, nacked: count })
  .describe(
    "Connected proxies of this replica, each by the worst of its types. The first one ends what is said at first: " +
      "a service that was not said before it is not there",
  );

const gone = z
  .object({ service: z.string() })
  .describe("There is no such service any more, or there is none of a name that was asked for");

/** By the name of the event. */
export const events = {
  hello,
  store,
  service: serviceSummary,
  figures,
  changed,
  proxies,
  alert,
  gone,
} as const;

export type EventName = keyof typeof events;

/** The data of each event. */
export type EventBodies = { readonly [N in EventName]: Json<(typeof events)[N]> };

/** Who reads. */
export type Me = EventBodies["hello"]["you"];

export const followEvents = operation({
  id: "followEvents",
  method: "GET",
  path: "/v1/events",
  group: "services",
  summary: "What changes, as server-sent events",
  description:
    "First `hello`, each `service`, and `proxies`; then what changes: `service` (once a second each, at the " +
    "most), `figures`, `changed`, `proxies`, `alert`, `gone`, `store`. A reader that is slow loses what was " +
    "in between, and never the last. A comment comes each 15 seconds.",
  role: "viewer",
  query: z.object({
    service: z
      .array(name)
      .max(limits.live.eventServices)
      .exactOptional()
      .describe("Services to be told of; none: all"),
  }),
  answers: {
    200: {
      description: "Lasts until one side ends it",
      forms: [
        {
          type: "text/event-stream",
          schema: z.union(
            Object.entries(events).map(([event, data]) =>
              z.object({ event: z.literal(event), data }),
            ),
          ),
        },
      ],
    },
  },
  problems: ["too-many-streams"],
});
