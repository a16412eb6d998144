/**
 * Connection to etcd: one endpoint at a time, rebuilt and rotated when it fails. The etcd3 package
 * carries connections, TLS and calls; its retries and circuit breakers are off, because they repeat
 * writes blindly and let one oversized call block all others. Tokens are ours too: the package leaks
 * a connection per token, and repeats a refused call without end.
 */
import { InterceptingCall, type Interceptor, status } from "@grpc/grpc-js";
import { noop } from "cockatiel";
import { Etcd3, type IDuplexStream, type IWatchRequest, type IWatchResponse } from "etcd3";
import { type Clock, systemClock } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { backoffMs } from "./backoff.ts";
import {
  type CallFailure,
  callFailure,
  complainsAboutToken,
  isTransient,
  storeError,
  tokenRefused,
} from "./etcd-errors.ts";
import { type EtcdOptions, effectiveLimits, readTls, type TlsMaterial } from "./etcd-options.ts";
import type { StoreError } from "./store.ts";

export type WatchStream = IDuplexStream<IWatchRequest, IWatchResponse>;

export class EtcdClient {
  readonly #options: EtcdOptions;
  readonly #clock: Clock;
  #tls: TlsMaterial | undefined;
  #index: number;
  #etcd: Etcd3;
  /** Empty where etcd asks for none; undefined before the first login and after a refusal. */
  #token: string | undefined;
  #closed = false;
  /** Ends what is under way when the client is closed; a call's own deadline may be far off. */
  readonly #aborts = new Set<() => void>();

  /** Fails when the TLS files cannot be read. Does not connect. */
  static create(options: EtcdOptions, firstHost = 0): Result<EtcdClient, string> {
    if (options.hosts.length === 0) return err("an etcd store needs a host");
    const tls = options.tls === undefined ? ok(undefined) : readTls(options.tls);
    return tls.ok ? ok(new EtcdClient(options, tls.value, firstHost)) : tls;
  }

  private constructor(options: EtcdOptions, tls: TlsMaterial | undefined, firstHost: number) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#tls = tls;
    this.#index = firstHost;
    this.#etcd = this.#build();
  }

  get endpoint(): string {
    return this.#options.hosts[this.#index % this.#options.hosts.length] ?? "";
  }

  /** A connection of its own with the same options: its faults do not touch this one. */
  fork(): EtcdClient {
    return new EtcdClient(this.#options, this.#tls, this.#index);
  }

  /** Gives the connection up and goes on with the next endpoint. */
  rebuild(): void {
    if (this.#closed) return;
    this.#etcd.close();
    this.#index = (this.#index + 1) % this.#options.hosts.length;
    // Certificates may have been renewed since; unreadable ones leave the old in force.
    const tls = this.#options.tls === undefined ? undefined : readTls(this.#options.tls);
    if (tls?.ok) this.#tls = tls.value;
    this.#token = undefined;
    this.#etcd = this.#build();
    this.#options.onEvent?.({ kind: "rebuild", endpoint: this.endpoint });
  }

  /** A call that may be repeated: with jitter, over the endpoints, within one deadline. */
  async read<T>(call: (etcd: Etcd3) => Promise<T>): Promise<Result<T, CallFailure>> {
    const bounds = effectiveLimits(this.#options);
    const start = this.#clock.monotonicMs();
    for (let attempt = 0; ; attempt++) {
      const used = this.#etcd;
      const result = await this.#once(used, call);
      if (result.ok || !isTransient(result.error)) return result;
      // Other calls share the connection; only the first to fail on it replaces it.
      if (used === this.#etcd) this.rebuild();
      const delay = backoffMs(attempt, bounds, this.#random());
      const spent = this.#clock.monotonicMs() - start + delay;
      if (this.#closed || spent >= bounds.callTimeoutMs) return result;
      await this.#sleep(delay);
    }
  }

  /** A call that is made once. */
  async write<T>(call: (etcd: Etcd3) => Promise<T>): Promise<Result<T, CallFailure>> {
    const used = this.#etcd;
    const result = await this.#once(used, call);
    if (!result.ok && isTransient(result.error) && used === this.#etcd) this.rebuild();
    return result;
  }

  async openWatch(): Promise<Result<WatchStream, CallFailure>> {
    return this.#once(this.#etcd, (etcd) => etcd.watchClient.watch());
  }

  storeError(failure: CallFailure, call: "read" | "write"): StoreError {
    return storeError(this.endpoint, failure, call);
  }

  close(): void {
    this.#closed = true;
    this.#etcd.close();
    for (const abort of this.#aborts) abort();
  }

  /** One attempt, and a second after a new login when only the token was refused: safe for writes. */
  async #once<T>(etcd: Etcd3, call: (etcd: Etcd3) => Promise<T>): Promise<Result<T, CallFailure>> {
    for (let attempt = 0; ; attempt++) {
      if (this.#closed) return err(callFailure(storeClosed()));
      const login = await this.#login(etcd);
      if (!login.ok) return login;
      try {
        return ok(await this.#unlessClosed(call(etcd)));
      } catch (error) {
        const failure = callFailure(error);
        if (failure.details !== tokenRefused) return err(failure);
        this.#token = undefined;
        if (attempt > 0) return err(failure);
      }
    }
  }

  async #login(etcd: Etcd3): Promise<Result<void, CallFailure>> {
    const { auth } = this.#options;
    if (auth === undefined || this.#token !== undefined) return ok(undefined);
    try {
      const request = { name: auth.username, password: auth.password };
      this.#token = (await this.#unlessClosed(etcd.auth.authenticate(request))).token;
      return ok(undefined);
    } catch (error) {
      const failure = callFailure(error);
      if (!failure.details.includes("authentication is not enabled")) return err(failure);
      this.#token = "";
      return ok(undefined);
    }
  }

  #unlessClosed<T>(call: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const abort = () => reject(storeClosed());
      this.#aborts.add(abort);
      call.then(resolve, reject).finally(() => this.#aborts.delete(abort));
    });
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        this.#aborts.delete(wake);
        resolve();
      };
      const cancel = this.#clock.after(ms, wake);
      this.#aborts.add(wake);
    });
  }

  #random(): number {
    return (this.#options.random ?? Math.random)();
  }

  #build(): Etcd3 {
    const bounds = effectiveLimits(this.#options);
    const scheme = this.#tls === undefined ? "http" : "https";
    const interceptors = [this.#interceptor()];
    return new Etcd3({
      hosts: [`${scheme}://${this.endpoint}`],
      ...(this.#tls === undefined ? {} : { credentials: this.#tls }),
      faultHandling: { host: () => noop, global: noop },
      defaultCallOptions: ({ isStream }) =>
        isStream ? { interceptors } : { interceptors, deadline: Date.now() + bounds.callTimeoutMs },
      grpcOptions: {
        "grpc.keepalive_time_ms": bounds.keepAliveTimeMs,
        "grpc.keepalive_timeout_ms": bounds.keepAliveTimeoutMs,
        "grpc.max_receive_message_length": bounds.receiveBytes,
        "grpc.initial_reconnect_backoff_ms": bounds.backoffMinMs,
        "grpc.max_reconnect_backoff_ms": bounds.backoffMaxMs,
        // Otherwise a rebuilt client would be given the dead connection of the one before.
        "grpc.use_local_subchannel_pool": 1,
      },
    });
  }

  /**
   * Adds the token, and `hasleader`, with which a member that lost its cluster refuses calls and ends
   * watches instead of staying silent. Hides complaints about tokens from the etcd3 package.
   */
  #interceptor(): Interceptor {
    return (options, nextCall) =>
      new InterceptingCall(nextCall(options), {
        start: (metadata, _listener, next) => {
          metadata.set("hasleader", "true");
          if (this.#token) metadata.set("token", this.#token);
          next(metadata, {
            onReceiveStatus: (received, forward) => {
              const stale = this.#options.auth && complainsAboutToken(received.details);
              const code = status.UNAUTHENTICATED;
              forward(stale ? { ...received, code, details: tokenRefused } : received);
            },
          });
        },
      });
  }
}

const storeClosed = () => new Error("9 FAILED_PRECONDITION: the store is closed");
