/**
 * `serin dev`: everything on this machine. An embedded store, two versions of a demo service, a
 * real Envoy that gets all it knows from serin, and a canary that moves while one looks.
 */
import type { DevOptions } from "../cli/cli.ts";
import { splitLine } from "../dev/split-line.ts";
import { startTraffic } from "../dev/traffic.ts";
import { demoService, openScene, type Scene } from "./dev-scene.ts";
import { currentWeights, Walk } from "./dev-walk.ts";

/** Runs until Ctrl-C or the last step; returns the exit code. */
export async function dev(options: DevOptions): Promise<number> {
  const stop = new Promise<void>((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
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
    await scene.value.close();
  }
}

const introduction = (port: number, admin: string): string => `
  Envoy listens:   curl -H 'Host: ${demoService}' http://127.0.0.1:${port}/
  turn the weight: npx serin weight set ${demoService} v1=50 v2=50 --wait${admin}
  what runs where: npx serin status${admin}
  stop:            Ctrl-C

The canary moves by itself until you turn the weight.
`;

const defaultAdminPort = 18_001;

/** Shows the split each second, and moves the canary until somebody else takes it in hand. */
async function play(scene: Scene, options: DevOptions, stop: Promise<void>): Promise<number> {
  const { say } = options;
  const adminPort = scene.server.admin.port;
  const admin = adminPort === defaultAdminPort ? "" : ` --admin http://127.0.0.1:${adminPort}`;
  say(introduction(scene.port, admin));
  const walk = new Walk(scene.store);
  await walk.step();
  // A second's answers are shown beside the weights that were in force when it began.
  let weights = await currentWeights(scene.store);
  const traffic = startTraffic({
    port: scene.port,
    host: demoService,
    perSecond: 50,
    onSecond: (second) => {
      say(splitLine(weights, second));
      void currentWeights(scene.store).then((now) => {
        weights = now;
      });
    },
  });
  let cancelStep = (): void => {};
  const walked = new Promise<void>((resolve) => {
    const step = async (taken: number): Promise<void> => {
      if (taken === options.steps) resolve();
      else if (await walk.step()) schedule(taken + 1);
    };
    const schedule = (taken: number): void => {
      const timer = setTimeout(() => void step(taken), options.stepSeconds * 1_000);
      cancelStep = () => clearTimeout(timer);
    };
    schedule(1);
  });
  const died = scene.envoy.exited.then(({ code }) => `envoy ended with code ${code}`);
  const reason = await Promise.race([stop, walked, died]);
  cancelStep();
  traffic.stop();
  if (typeof reason !== "string") return 0;
  say(`${reason}:\n${scene.envoy.logs()}`);
  return 1;
}
