/**
 * What the name of a route ends in that a release has made, `rollout:<service>:<name>`: by it `explain` and
 * the logs of a proxy tell such a route from those of people, whose names hold no colon.
 */
export const managedRouteName = (service: string, route: string): string =>
  `rollout:${service}:${route}`;

export interface ManagedName {
  readonly service: string;
  readonly route: string;
}

/** Those that the name of a route holds, in the order of its parts. */
export const managedNamesIn = (routeName: string): readonly ManagedName[] =>
  routeName.split("/").flatMap((part) => {
    const [, service, route] = /^rollout:([^:]+):([^:]+)$/.exec(part) ?? [];
    return service === undefined || route === undefined ? [] : [{ service, route }];
  });
