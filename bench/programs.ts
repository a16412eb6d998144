/** The load generator and the peers, built into the cache from the folders beside this file. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  cachedBuild,
  classPath,
  goNeeds,
  goSteps,
  javaNeeds,
  javaSteps,
} from "../test/support/cached-build.ts";

const sources = fileURLToPath(new URL(".", import.meta.url));

async function buildGo(name: string): Promise<string> {
  const out = await cachedBuild({
    what: `bench/${name}`,
    folder: join(sources, name),
    path: `bench/${name}`,
    needs: goNeeds,
    steps: (into) => goSteps(join(into, name)),
  });
  return join(out, name);
}

export const buildLoadGenerator = (): Promise<string> => buildGo("xdsload");
export const buildGoPeer = (): Promise<string> => buildGo("peer-go");

/** Class path of the peer in Java. */
export async function buildJavaPeer(): Promise<string> {
  const classes = ["Peer.java", "Objects.java", "Resources.java"];
  const out = await cachedBuild({
    what: "bench/peer-java",
    folder: join(sources, "peer-java"),
    path: "bench/peer-java",
    needs: javaNeeds,
    steps: (into) => javaSteps(into, classes),
  });
  return classPath(out);
}
