/** Probes over real sockets on loopback, against backends with habits. */
import { createServer, type RequestListener } from "node:http";
import { createServer as createHttp2Server, type ServerHttp2Stream } from "node:http2";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import type { HealthCheck } from "../../../../src/model/service.ts";
import { type ProbeTarget, probe } from "../../../../src/rollout/probe/probe.ts";

const closers: (() => void)[] = [];
const { signal } = new AbortController();

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function portOf(server: Server): Promise<number> {
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => sockets.add(socket));
  closers.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

const target = (
  port: number,
  check: HealthCheck["check"],
  parts: Partial<ProbeTarget> = {},
): ProbeTarget => ({
  address: { host: "127.0.0.1", port },
  check,
  protocol: "http",
  host: "web",
  timeoutMs: 5_000,
  ...parts,
});

const http = (expectedStatuses: readonly number[] = []): HealthCheck["check"] => ({
  ...{ kind: "http", path: "/health", host: undefined },
  expectedStatuses,
});

const backend = (listener: RequestListener): Promise<number> => portOf(createServer(listener));

describe("a probe by HTTP", () => {
  it("is a GET of the path, with the service's name as host", async () => {
    const seen: unknown[] = [];
    const port = await backend(({ method, url, headers }, response) => {
      seen.push(method, url, headers.host, headers["user-agent"]);
      response.end("fine");
    });
    expect(await probe(target(port, http()), signal)).toEqual({ kind: "well" });
    expect(seen).toEqual(["GET", "/health", "web", "serin"]);
    const named = { ...http(), host: "health.example" } as HealthCheck["check"];
    await probe(target(port, named), signal);
    expect(seen[6]).toBe("health.example");
  });

  it.each<[number, readonly number[], string | undefined]>([
    [200, [], undefined],
    [204, [], "GET /health answers 204"],
    [204, [200, 204], undefined],
    [503, [], "GET /health answers 503"],
    [302, [], "GET /health answers 302"],
  ])("that answers %i where %j is expected", async (status, expected, reason) => {
    let calls = 0;
    const port = await backend((_, response) => {
      calls += 1;
      response.writeHead(status, { location: "/elsewhere" }).end();
    });
    const outcome = await probe(target(port, http(expected)), signal);
    expect(outcome).toEqual(reason === undefined ? { kind: "well" } : { kind: "answer", reason });
    // A redirect is not followed.
    expect(calls).toBe(1);
  });

  it("is over in time, also where the answer does not end", async () => {
    const port = await backend((_, response) => response.writeHead(200).write("and"));
    const outcome = await probe(target(port, http(), { timeoutMs: 100 }), signal);
    expect(outcome).toEqual({ kind: "timeout", reason: "no answer within 100 ms" });
  });

  it("is over in time, whatever the service says", async () => {
    const timeouts = vi.spyOn(AbortSignal, "timeout");
    const port = await backend((_, response) => response.end());
    await probe(target(port, http(), { timeoutMs: 3_600_000 }), signal);
    expect(timeouts).toHaveBeenCalledWith(limits.probes.timeoutMs);
    timeouts.mockRestore();
  });

  it("reads so many bytes of an answer without an end, and no more", async () => {
    let written = 0;
    const port = await backend((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(64 * 1024))) written += 64 * 1024;
      };
      response.on("drain", more).on("error", () => undefined);
      more();
    });
    expect(await probe(target(port, http()), signal)).toEqual({ kind: "well" });
    // What the kernel takes is beyond anybody's say.
    expect(written).toBeLessThan(32 * 1024 * 1024);
  });

  it("refuses headers without an end", async () => {
    const tcp = createTcpServer((socket) => {
      socket.on("error", () => undefined);
      const line = `x-more: ${"y".repeat(limits.probes.answerBytes)}\r\n`;
      socket.write(`HTTP/1.1 200 OK\r\n${line}${line}`);
    });
    const outcome = await probe(target(await portOf(tcp), http()), signal);
    expect(outcome).toEqual({
      kind: "connection",
      reason: "the connection fails: HPE_HEADER_OVERFLOW",
    });
  });

  it("fails where nobody listens, and where the connection is cut", async () => {
    const gone = createTcpServer();
    const port = await portOf(gone);
    await new Promise((resolve) => gone.close(resolve));
    const refused = { kind: "connection", reason: "the connection is refused" };
    expect(await probe(target(port, http()), signal)).toEqual(refused);
    const cutting = createTcpServer((socket) => socket.destroy());
    const cut = await probe(target(await portOf(cutting), http()), signal);
    expect(cut.kind).toBe("connection");
  });

  it("speaks HTTP/2 to a service that does", async () => {
    const server = createHttp2Server();
    server.on("stream", (stream, headers) => {
      stream.respond({ ":status": headers[":authority"] === "web" ? 200 : 500 });
      stream.end("fine");
    });
    const port = await portOf(server as unknown as Server);
    const two = target(port, http(), { protocol: "http2" });
    expect(await probe(two, signal)).toEqual({ kind: "well" });
    const strange = await probe({ ...two, host: "other" }, signal);
    expect(strange).toEqual({ kind: "answer", reason: "GET /health answers 500" });
  });
});

describe("a probe by gRPC", () => {
  const answering = async (answer: (stream: ServerHttp2Stream, asked: Buffer) => void) => {
    const server = createHttp2Server();
    server.on("stream", (stream) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => answer(stream, Buffer.concat(chunks)));
    });
    return portOf(server as unknown as Server);
  };
  const message = (bytes: Uint8Array) =>
    Buffer.concat([Buffer.of(0, 0, 0, 0, bytes.length), bytes]);
  const reply = (stream: ServerHttp2Stream, bytes: Uint8Array, code = "0"): void => {
    stream.respond(
      { ":status": 200, "content-type": "application/grpc" },
      { waitForTrailers: true },
    );
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": code }));
    stream.end(message(bytes));
  };
  const grpc = (serviceName = ""): HealthCheck["check"] => ({ kind: "grpc", serviceName });
  const says = (what: string) => ({
    kind: "answer",
    reason: `grpc.health.v1.Health/Check ${what}`,
  });

  it("asks for the service by its name", async () => {
    const asked: Buffer[] = [];
    const port = await answering((stream, bytes) => {
      asked.push(bytes);
      reply(stream, Buffer.of(8, 1));
    });
    const name = "s".repeat(200);
    for (const each of ["", "shop", name]) {
      expect(await probe(target(port, grpc(each)), signal)).toEqual({ kind: "well" });
    }
    expect(asked[0]).toEqual(message(Buffer.of()));
    expect(asked[1]).toEqual(message(Buffer.from("\n\u0004shop")));
    expect(asked[2]?.subarray(5, 8)).toEqual(Buffer.of(10, 0xc8, 1));
  });

  it.each<[string, (stream: ServerHttp2Stream) => void, string]>([
    ["NOT_SERVING", (stream) => reply(stream, Buffer.of(8, 2)), "answers NOT_SERVING"],
    ["UNKNOWN", (stream) => reply(stream, Buffer.of()), "answers UNKNOWN"],
    ["a later status", (stream) => reply(stream, Buffer.of(8, 9)), "answers an unknown status"],
    [
      "a code that is none",
      (stream) => reply(stream, Buffer.of(8, 1), `${"9".repeat(500)}`),
      `ends with code ${"9".repeat(500)}`.slice(
        0,
        limits.probes.reasonChars - "grpc.health.v1.Health/Check ".length,
      ),
    ],
    ["a code", (stream) => reply(stream, Buffer.of(8, 1), "13"), "ends with code 13"],
    [
      "that it does not know the method",
      (stream) => stream.respond({ ":status": 200, "grpc-status": "12" }, { endStream: true }),
      "ends with code 12",
    ],
    ["HTTP", (stream) => stream.respond({ ":status": 404 }, { endStream: true }), "answers 404"],
    [
      "nothing",
      (stream) => stream.respond({ ":status": 200 }, { endStream: true }),
      "has no status",
    ],
  ])("that answers %s is not well", async (_, answer, what) => {
    const port = await answering((stream) => answer(stream));
    expect(await probe(target(port, grpc()), signal)).toEqual(says(what));
  });

  it("is over in time, and where too much is said", async () => {
    const silent = await answering(() => undefined);
    const late = await probe(target(silent, grpc(), { timeoutMs: 100 }), signal);
    expect(late.kind).toBe("timeout");
    const long = await answering((stream) => {
      stream.respond({ ":status": 200 });
      stream.on("error", () => undefined);
      stream.end(Buffer.alloc(10 * limits.probes.answerBytes));
    });
    expect(await probe(target(long, grpc()), signal)).toEqual(says("answers with too many bytes"));
  });

  it("fails where HTTP/1 is spoken", async () => {
    const port = await backend((_, response) => response.end());
    expect((await probe(target(port, grpc()), signal)).kind).toBe("connection");
  });
});

describe("a probe by TCP", () => {
  it("is well where a connection can be made", async () => {
    const port = await portOf(createTcpServer());
    expect(await probe(target(port, { kind: "tcp" }), signal)).toEqual({ kind: "well" });
  });

  it("is given up where it is told to", async () => {
    const port = await portOf(createTcpServer());
    const ended = new AbortController();
    ended.abort();
    expect((await probe(target(port, { kind: "tcp" }), ended.signal)).kind).toBe("connection");
  });
});
