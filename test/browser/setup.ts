import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { requireBinary } from "../support/binaries.ts";
import { findChromium } from "./support/chromium.ts";
import { reportFolder } from "./support/report.ts";

/** Runs once before the tests of the page. A program that is missing fails the run with what to install. */
export async function setup(): Promise<void> {
  findChromium();
  await Promise.all([requireBinary("envoy"), requireBinary("etcd"), requireBinary("etcdctl")]);
  rmSync(reportFolder, { recursive: true, force: true });
  mkdirSync(reportFolder, { recursive: true });
}

/** Where to look at what the browser has shown. */
export function teardown(): void {
  const shots = readdirSync(reportFolder).sort();
  process.stdout.write(`\n${shots.length} screenshots in ${reportFolder}\n`);
  for (const shot of shots) process.stdout.write(`  ${shot}\n`);
}
