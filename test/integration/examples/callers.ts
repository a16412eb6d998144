/** Clients of the examples: each sends one request at a time and tells what came back. */

import { connect as connectHttp2 } from "node:http2";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import {
  credentials,
  loadPackageDefinition,
  Metadata,
  type ServiceClientConstructor,
  type ServiceError,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { ask, type HttpReply, keptConnections } from "../../support/asker.ts";
import type { Ask } from "./claim.ts";

/** A request with everything put in. */
export interface Call {
  readonly host: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Caller {
  call(call: Call): Promise<HttpReply>;
  close(): void;
}

export interface CallerOptions extends Pick<Ask, "as" | "method" | "concurrency"> {
  /** The real one. */
  readonly port: number;
  /** PEM of the certificate that the server must show. */
  readonly trusted: string | undefined;
}

const timeoutMs = 5_000;

export function openCaller(options: CallerOptions): Caller {
  switch (options.as) {
    case "http":
      return httpCaller(options);
    case "https":
      return httpsCaller(options);
    case "h2c":
      return http2Caller(options);
    case "tcp":
      return { call: () => tcpCall(options.port), close: () => undefined };
    case "grpc":
      return grpcCaller(options);
  }
}

function httpCaller({ port, method, concurrency }: CallerOptions): Caller {
  const agent = keptConnections(concurrency);
  return {
    call: ({ host, path, headers }) =>
      ask(agent, { port, path, method, headers: { host, ...headers } }),
    close: () => agent.destroy(),
  };
}

function httpsCaller({ port, method, trusted, concurrency }: CallerOptions): Caller {
  const agent = new TlsAgent({
    keepAlive: true,
    maxSockets: concurrency,
    ...(trusted === undefined ? { rejectUnauthorized: false } : { ca: trusted }),
  });
  const call = ({ host, path, headers }: Call): Promise<HttpReply> =>
    new Promise((resolve, reject) => {
      const outgoing = tlsRequest({
        host: "127.0.0.1",
        port,
        path,
        method,
        agent,
        servername: host,
        headers: { host, ...headers },
        timeout: timeoutMs,
      });
      outgoing.once("response", (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (text: string) => {
          body += text;
        });
        response.once("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
        response.once("error", reject);
      });
      outgoing.once("timeout", () => outgoing.destroy(new Error(`no answer in ${timeoutMs} ms`)));
      outgoing.once("error", reject);
      outgoing.end();
    });
  return { call, close: () => agent.destroy() };
}

function http2Caller({ port, method }: CallerOptions): Caller {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on("error", () => undefined);
  const call = ({ host, path, headers }: Call): Promise<HttpReply> =>
    new Promise((resolve, reject) => {
      const stream = session.request({
        ":authority": host,
        ":path": path,
        ":method": method,
        ...headers,
      });
      let reply: HttpReply = { status: 0, headers: {}, body: "" };
      stream.setEncoding("utf8");
      stream.setTimeout(timeoutMs, () => stream.destroy(new Error("no answer")));
      stream.once("response", (got) => {
        reply = { status: got[":status"] ?? 0, headers: got as HttpReply["headers"], body: "" };
      });
      stream.on("data", (text: string) => {
        reply = { ...reply, body: reply.body + text };
      });
      stream.once("end", () => resolve(reply));
      stream.once("error", reject);
      stream.end();
    });
  return { call, close: () => session.destroy() };
}

/** What the backend says at once is its version. */
function tcpCall(port: number): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    let version = "";
    const socket = connect(port, "127.0.0.1");
    socket.setEncoding("utf8");
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer in ${timeoutMs} ms`)));
    socket.on("data", (text: string) => {
      version += text;
    });
    socket.once("error", reject);
    socket.once("close", () => {
      const status = version === "" ? 0 : 200;
      resolve({ status, headers: { "x-served-by": version, "x-instance": version }, body: "" });
    });
  });
}

const definition = loadPackageDefinition(
  loadSync(fileURLToPath(new URL("../../clients/echo.proto", import.meta.url))),
) as unknown as { readonly serin: { readonly test: { readonly Echo: ServiceClientConstructor } } };

type Answered = (error: ServiceError | null, reply?: { readonly value: string }) => void;
type Unary = (
  request: { readonly value: string },
  metadata: Metadata,
  options: { readonly deadline: number },
  answered: Answered,
) => void;

/** A call that succeeds has the status 200; one that fails has that of gRPC. */
function grpcCaller({ port, method }: CallerOptions): Caller {
  const clients = new Map<string, InstanceType<ServiceClientConstructor>>();
  const clientOf = (host: string) => {
    const known = clients.get(host);
    if (known !== undefined) return known;
    const options = { "grpc.default_authority": host };
    const client = new definition.serin.test.Echo(
      `127.0.0.1:${port}`,
      credentials.createInsecure(),
      options,
    );
    clients.set(host, client);
    return client;
  };
  const call = ({ host, headers }: Call): Promise<HttpReply> =>
    new Promise((resolve) => {
      const client = clientOf(host);
      const metadata = new Metadata();
      for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
      const unary = client[method] as unknown as Unary;
      unary.call(
        client,
        { value: "{}" },
        metadata,
        { deadline: Date.now() + timeoutMs },
        (error, reply) => {
          if (error !== null || reply === undefined) {
            resolve({ status: error?.code ?? 2, headers: {}, body: error?.details ?? "" });
            return;
          }
          const { version, instance } = JSON.parse(reply.value) as Record<string, string>;
          resolve({
            status: 200,
            headers: { "x-served-by": version, "x-instance": instance },
            body: reply.value,
          });
        },
      );
    });
  const close = (): void => {
    for (const client of clients.values()) client.close();
  };
  return { call, close };
}
