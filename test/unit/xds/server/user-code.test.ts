/** A server as a user of the library has it, whose observer throws: the port and the process go on. */
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ListenOptions, SnapshotCache, XdsServer } from "../../../../src/index.ts";
import { loopbackCertificate } from "../../../support/certificates.ts";
import { freshFolder } from "../../../support/tmp.ts";
import { eventually } from "../../../support/wait.ts";

let folder: string;
let server: XdsServer;
let failures: (readonly [unknown, string])[];

const files = () => ({ certFile: join(folder, "a.pem"), keyFile: join(folder, "a.key") });

function renew(): void {
  const { certificate, privateKey } = loopbackCertificate();
  writeFileSync(files().certFile, certificate);
  writeFileSync(files().keyFile, privateKey);
}

beforeEach(() => {
  folder = freshFolder("user-code");
  renew();
  failures = [];
  const onCallbackFailed = (error: unknown, name: string) => failures.push([error, name]);
  server = new XdsServer(new SnapshotCache(), { onCallbackFailed });
});

afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function listen(observer: NonNullable<ListenOptions["observer"]>): Promise<number> {
  const bounds = { certificateReadMs: 5 };
  const options = { tls: files(), bounds, observer };
  const listening = await server.listen({ host: "127.0.0.1", port: 0 }, options);
  if (!listening.ok) throw new Error(listening.error);
  return listening.value.port;
}

it("`certificates` that throws is told, and the files are read on", async () => {
  const boom = new Error("boom");
  const told: unknown[] = [];
  await listen({
    refused: () => {},
    certificates(read) {
      told.push(read);
      throw boom;
    },
  });
  for (const count of [1, 2]) {
    renew();
    await eventually(() => told.length >= count, { what: `change ${count} to be told` });
  }
  expect(failures[0]).toEqual([boom, "certificates"]);
});

it("`refused` that throws is told, and others are served", async () => {
  const port = await listen({
    certificates: () => {},
    refused() {
      throw new Error("boom");
    },
  });
  for (let n = 0; n < 2; n += 1) {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.end("what is no TLS\n");
    socket.resume();
    await once(socket, "close");
  }
  await eventually(() => failures.length === 2, { what: "both to be told" });
  expect(failures.map(([, name]) => name)).toEqual(["refused", "refused"]);
});
