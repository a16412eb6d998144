import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runLoad } from "../support/load.ts";
import { freePorts } from "../support/ports.ts";
import { expectShare } from "../support/share.ts";
import { eventually } from "../support/wait.ts";
import { succeeds } from "./command.ts";
import { type Compose, composeProject } from "./compose.ts";
import { type Engine, findEngine } from "./engine.ts";
import { type Images, provideImages } from "./images.ts";

const projectFolder = fileURLToPath(new URL("../..", import.meta.url));
const image = `serin-test-${randomBytes(4).toString("hex")}:local`;
const requests = 2_000;

/**
 * docker-compose.yml as a user runs it, with the image that the Dockerfile builds: traffic enters at
 * the published port of a real Envoy, and follows the weights that etcdctl puts into a real etcd.
 */
describe.skipIf(process.env["SERIN_NO_DOCKER"] === "1")("docker compose", () => {
  let engine: Engine;
  let images: Images;
  let compose: Compose;
  let port = 0;
  let adminPort = 0;

  const load = (total: number) => runLoad({ port, total, headers: { host: "web" } });
  const putWeights = (weights: object) => {
    const put = ["etcdctl", "put", "/serin/weights/web", JSON.stringify(weights)];
    return compose(["exec", "-T", "etcd", ...put]);
  };
  /** Waits until the share of v2 has left the old one; the count that follows is the proof. */
  const shareOfV2 = (passes: (share: number) => boolean) =>
    eventually(async () => passes(((await load(200)).byVersion["v2"] ?? 0) / 200), {
      what: "the new weights to arrive at Envoy",
      timeoutMs: 10_000,
    });
  const expectShareOfV2 = (share: number) => expectShare(() => load(requests), "v2", share);

  beforeAll(async () => {
    engine = await findEngine();
    images = await provideImages(engine, projectFolder);
    const [envoyPort = 0, freeAdmin = 0] = await freePorts(2);
    port = envoyPort;
    adminPort = freeAdmin;
    compose = await composeProject(engine, projectFolder, {
      ...images.env,
      SERIN_IMAGE: image,
      SERIN_ENVOY_PORT: String(envoyPort),
      SERIN_ADMIN_PORT: String(adminPort),
    });
    await compose(["build"], 240_000);
    try {
      await compose(["up", "--detach"], 120_000);
      await eventually(async () => (await load(1)).byStatus["200"] === 1, {
        what: "an answer through Envoy",
        timeoutMs: 30_000,
        intervalMs: 100,
      });
    } catch (error) {
      throw new Error(`${String(error)}\n${await compose.diagnosis()}`);
    }
  }, 600_000);

  afterAll(async () => {
    try {
      await compose?.(["down", "--volumes", "--remove-orphans"], 120_000);
    } finally {
      if (engine !== undefined) {
        await succeeds("docker", ["image", "rm", image], { env: engine.env, timeoutMs: 60_000 });
      }
      await images?.remove();
      await engine?.stop();
    }
  }, 180_000);

  it("splits by the weights of the instances: 90 to 10", async () => {
    await expectShareOfV2(0.1);
  });

  it("follows weights put by etcdctl: 50 to 50", async () => {
    await putWeights({ v1: 50, v2: 50 });
    await shareOfV2((share) => share > 0.3);
    await expectShareOfV2(0.5);
  });

  it("sends nothing to a version of weight 0", async () => {
    await putWeights({ v1: 0, v2: 100 });
    await shareOfV2((share) => share === 1);
    await expectShareOfV2(1);
  });

  it("runs without root and without development dependencies", async () => {
    const ask = `[process.getuid(), require("fs").existsSync("node_modules/typescript")].join()`;
    expect((await compose(["exec", "-T", "serin", "node", "-p", ask])).trim()).toBe("1000,false");
  });

  it("asks for a token at the admin API, and takes one that was made in it", async () => {
    const me = (headers: Readonly<Record<string, string>> = {}) =>
      fetch(`http://127.0.0.1:${adminPort}/v1/me`, { headers });
    expect((await me()).status).toBe(401);
    const create = ["node", "dist/main.js", "token", "create", "--name", "me", "--role", "admin"];
    const token = (await compose(["exec", "-T", "serin", ...create])).trim();
    const known = await eventually(
      async () => {
        const answer = await me({ authorization: `Bearer ${token}` });
        return answer.ok && answer.json();
      },
      { what: "the token to be read", timeoutMs: 10_000, intervalMs: 200 },
    );
    expect(known).toEqual({ name: "me", role: "admin", tokens: true });
  });

  it("goes down without a rest", async () => {
    await compose(["down", "--volumes", "--remove-orphans"], 120_000);
    expect(await compose.remains()).toEqual([]);
  });
});
