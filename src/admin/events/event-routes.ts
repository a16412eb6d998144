/**
 * `GET /v1/events`: what changes, as server-sent events, of all services or of those that `?service=` names.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import { type EventBodies, followEvents } from "../../api/events.ts";
import { limits } from "../../config/limits.ts";
import { type Clock, systemClock } from "../../lib/clock.ts";
import type { Identity } from "../access/access.ts";
import { tokenOf } from "../access/admit.ts";
import type { Routes } from "../context.ts";
import { createSummaries } from "../live/service-summary.ts";
import { problem } from "../problem.ts";
import { route } from "../route.ts";
import type { AdminSources } from "../sources.ts";
import { storeJson } from "../store-routes.ts";
import { EventHub } from "./event-hub.ts";
import type { Subscription } from "./subscription.ts";

export const eventRoutes: Routes = (app, context) => {
  const { sources, metrics, closing } = context;
  const clock = systemClock;
  const summaries = createSummaries(sources);
  const onEnd = (why: string): void => metrics.eventStream(hub.size, why);
  const store = () => storeJson(sources);
  const hub = new EventHub({ sources, summaries, store, clock, onEnd });
  closing.addEventListener("abort", () => hub.close(), { once: true });

  route(app, context, followEvents, ({ query: { service } }, c) => {
    // Nobody would read the body.
    if (c.req.method === "HEAD") return new Response(null, { headers });
    const hello = helloOf(sources, c.get("identity"));
    const authorization = c.req.header("authorization");
    const mayGoOn = (): boolean => {
      const now = context.access.identify(authorization);
      return now.ok && now.value.role === hello.you.role;
    };
    const token = tokenOf(c);
    const full = hub.fullFor(token);
    if (full !== undefined) return problem(429, "too-many-streams", full);
    const names = service && new Set<string>(service);
    const subscription = hub.subscribe(names, hello, { mayGoOn, token });
    metrics.eventStream(hub.size);
    const { signal } = c.req.raw;
    signal.addEventListener("abort", () => subscription.end("gone"), { once: true });
    if (closing.aborted) subscription.end("closing");
    else if (signal.aborted) subscription.end("gone");
    return new Response(streamOf(subscription, clock), { headers });
  });
};

function helloOf(sources: AdminSources, { name, role }: Identity): EventBodies["hello"] {
  const store = storeJson(sources);
  const { version } = sources;
  return { version, revision: store.revision, store, you: { name: name ?? "", role } };
}

const headers = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  // Proxies that gather answers would hold events back.
  "x-accel-buffering": "no",
};

/** Nothing is made before the reader has room for it. */
function streamOf(subscription: Subscription, clock: Clock): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // Others have their turn before the next ones are made.
        await new Promise<void>((resolve) => clock.after(0, resolve));
        for (;;) {
          await subscription.ready();
          if (subscription.ended === "stalled") {
            controller.error(new Error("the reader takes nothing"));
            return;
          }
          if (subscription.ended !== undefined) {
            controller.close();
            return;
          }
          const taken = subscription.take(limits.live.eventsPerTurn, clock.monotonicMs());
          for (const bytes of taken) controller.enqueue(bytes);
          if (taken.length > 0) return;
        }
      },
      cancel: () => subscription.end("gone"),
    },
    { highWaterMark: 0 },
  );
}
