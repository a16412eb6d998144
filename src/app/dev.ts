/**
 * `serin dev`: everything on this machine. An embedded store, two versions of a demo service, a
 * real Envoy that gets all it knows from serin, and releases under a guard while one looks.
 */
import type { DevOptions } from "../cli/cli.ts";
import { orphaned } from "../dev/orphaned.ts";
import { splitLine } from "../dev/split-line.ts";
import { startTraffic } from "../dev/traffic.ts";
import { DevReleases } from "./dev-release.ts";
import { demoService, openScene, type Scene } from "./dev-scene.ts";

/** Runs until Ctrl-C or the last step; returns the exit code. */
export async function dev(options: DevOptions): Promise<number> {
  const parent = options.endsWithParent ? orphaned() : undefined;
  const stop = new Promise<void>((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
    void parent?.gone.then(resolve);
  });
  options.say("serin dev: looking for an Envoy (the first time it is downloaded: 37 MB)");
  const scene = await openScene(options);
  if (!scene.ok) {
    options.say(scene.error);
    return 1;
  }
  try {
    return await play(scene.value, options, stop);
  } finally {
    parent?.close();
    await scene.value.close();
  }
}

const defaultAdminPort = 18_001;

function introduction({ port, server, backends }: Scene): string {
  const address = `http://127.0.0.1:${server.admin.port}`;
  const admin = server.admin.port === defaultAdminPort ? "" : ` --admin ${address}`;
  const [, canary] = backends;
  return `
  the page:        ${address}/
  Envoy listens:   curl -H 'Host: ${demoService}' http://127.0.0.1:${port}/
  make v2 fail:    curl -X PUT http://127.0.0.1:${canary?.port}/fail/50
  mend it:         curl -X PUT http://127.0.0.1:${canary?.port}/fail/0
  the release:     npx serin rollout get ${demoService}${admin}
  try it again:    npx serin rollout retry ${demoService}${admin}
  turn the weight: npx serin weight set ${demoService} v1=50 v2=50 --wait${admin}
  what runs where: npx serin status${admin}
  stop:            Ctrl-C

v2 is released under a guard, again and again, until you take it in hand.
`;
}

/** Shows the split each second, while serin releases one version after the other. */
async function play(scene: Scene, options: DevOptions, stop: Promise<void>): Promise<number> {
  const { say, stepSeconds, steps } = options;
  const { store, alertUrl } = scene;
  say(introduction(scene));
  let lastStep: NodeJS.Timeout | undefined;
  let end = (): void => {};
  const walked = new Promise<void>((resolve) => {
    end = resolve;
  });
  const releases = new DevReleases({
    ...{ store, alertUrl, stepSeconds, say },
    onWeights: (count) => {
      if (count === steps) lastStep = setTimeout(end, stepSeconds * 1_000);
    },
  });
  // A second's answers are shown beside the weights that were in force when it began.
  let { weights } = releases;
  const traffic = startTraffic({
    port: scene.port,
    host: demoService,
    perSecond: 50,
    onSecond: (second) => {
      say(splitLine(weights, second));
      weights = releases.weights;
    },
  });
  const died = scene.envoy.exited.then(({ code }) => `envoy ended with code ${code}`);
  const reason = await Promise.race([stop, walked, died]);
  clearTimeout(lastStep);
  await releases.close();
  traffic.stop();
  if (typeof reason !== "string") return 0;
  say(`${reason}:\n${scene.envoy.logs()}`);
  return 1;
}
