// A proxyless gRPC client: commands on stdin, answers on stdout; see ../README.md.
//   node client.mjs <target> [authority]
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { credentials, loadPackageDefinition, Metadata, status } from "@grpc/grpc-js";
import { register } from "@grpc/grpc-js-xds";
import { loadSync } from "@grpc/proto-loader";

register();

const [target, authority] = process.argv.slice(2);
const definition = loadSync(fileURLToPath(new URL("../echo.proto", import.meta.url)));
const { Echo } = loadPackageDefinition(definition).serin.test;
const options = authority === undefined ? {} : { "grpc.default_authority": authority };
const echo = new Echo(target, credentials.createInsecure(), options);

/** One call: who asked, and the version or the name of the status. */
function say(command, user) {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(command.headers ?? {})) metadata.set(name, value);
  if (command.users) metadata.set(command.users.header, String(user));
  const request = { value: JSON.stringify(command.request ?? {}) };
  const deadline = Date.now() + command.deadlineMs;
  return new Promise((resolve) => {
    echo[command.method](request, metadata, { deadline }, (error, reply) => {
      if (error) resolve({ user, error: status[error.code] });
      else resolve({ user, version: JSON.parse(reply.value).version });
    });
  });
}

async function run(command) {
  const { from, to } = command.users ?? { from: 0, to: command.calls };
  const answer = { counts: {}, errors: {}, byUser: {} };
  let next = from;
  const worker = async () => {
    while (next < to) {
      const { user, version, error } = await say(command, next++);
      const [tally, name] = error ? [answer.errors, error] : [answer.counts, version];
      tally[name] = (tally[name] ?? 0) + 1;
      if (command.users && version) answer.byUser[user] = version;
    }
  };
  await Promise.all(Array.from({ length: command.parallel }, worker));
  return answer;
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await run(JSON.parse(line)))}\n`);
}
echo.close();
process.exit(0);
