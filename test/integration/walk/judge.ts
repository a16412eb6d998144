import { foreseen, type World } from "./world.ts";

/** A state of the world with the time in which some proxy may have been in it, ms. */
export interface Era {
  readonly world: World;
  /** When the write began that led here. */
  readonly from: number;
  /** When the proxy had applied the next state; undefined for the last one. */
  until: number | undefined;
  /** What was written. */
  readonly key: string;
}

export interface Asked {
  readonly host: string;
  readonly canary: boolean;
  readonly sentAt: number;
  readonly endedAt: number;
  /** A version, `404` …, or the code of a failed connection. */
  readonly outcome: string;
}

/** Workers take a route configuration a moment after Envoy has ACKed it. */
const errorSlackMs = 250;

/**
 * The last endpoint of a version is taken away only after the routes that need it, and a grace
 * (`retireGraceMs` and a sweep): until then it still answers where an error is foreseen.
 */
const answerSlackMs = 2_500;

/**
 * Changes one upon the other may put that off, up to `retireMaxMs`. Nobody is the worse for it: the
 * alternative is an error.
 */
const retireMaxMs = 30_000;

/** What no state that the request may have met foresees; empty: all is well. */
export function unforeseen(eras: readonly Era[], asked: readonly Asked[]): readonly string[] {
  return asked.flatMap((request) => {
    const { host, canary, sentAt, endedAt, outcome } = request;
    const within = (slackMs: number) =>
      eras.filter(
        ({ from, until }) => from <= endedAt && (until === undefined || until + slackMs >= sentAt),
      );
    const foreseenIn = (met: readonly Era[]): ReadonlySet<string> =>
      new Set(met.flatMap(({ world }) => [...foreseen(world, host, canary)]));
    const isAnswer = /^v/.test(outcome);
    const met = within(isAnswer ? answerSlackMs : errorSlackMs);
    const allowed = foreseenIn(met);
    if (allowed.has(outcome)) return [];
    const insteadOfError = isAnswer && foreseenIn(within(errorSlackMs)).has("503");
    if (insteadOfError) {
      const services = met.flatMap(({ world }) => servicesBehind(world, host));
      const had = ({ world }: Era): boolean =>
        services.some((service) =>
          [...(world.instances.get(service)?.values() ?? [])].some(
            (version) => version === outcome,
          ),
        );
      if (within(retireMaxMs).some(had)) return [];
    }
    const world = met.at(-1)?.world;
    const facts = world === undefined ? "" : factsOf(world, host);
    return [
      `${host}${canary ? " (canary)" : ""} at ${Math.round(sentAt)} ms: ${outcome}, foreseen ${[...allowed].join(" ")}; ${facts}`,
    ];
  });
}

/** The services that requests of a host may reach. */
function servicesBehind(world: World, host: string): readonly string[] {
  const route = [...world.routes.values()].find((each) => each.host === host);
  if (route === undefined) return [host];
  const canary = route.canary === undefined ? [] : [route.canary.service];
  return [...canary, ...route.backends.map(({ service }) => service)];
}

/** What there is behind a host, for the reader of a failure. */
function factsOf(world: World, host: string): string {
  const route = [...world.routes.values()].find((each) => each.host === host);
  const known = [host, ...servicesBehind(world, host)].map((service) => {
    const instances = Object.fromEntries(world.instances.get(service) ?? []);
    return [service, { instances, weights: world.weights.get(service) }];
  });
  return JSON.stringify({ route, services: Object.fromEntries(known) });
}
