/** The admin API as views ask it: by the client that the command line has as well, with problems that can be shown. */
import type { Answered, Call } from "../../api/calls.ts";
import { type Arguments, createClient, nextOf } from "../../api/client.ts";
import { type Problem, problemOf } from "./problem.ts";

export type Answer<T> =
  | {
      readonly ok: true;
      readonly value: T;
      readonly etag: string | null;
      /** Of a list: there is more of it than the server tells at once. */
      readonly isCut: boolean;
    }
  | { readonly ok: false; readonly problem: Problem };

export interface Api {
  call<C extends Call>(call: C, ...sent: Arguments<C>): Promise<Answer<Answered<C>>>;
  /** The response as it comes; it rejects where there is none. */
  open<C extends Call>(call: C, ...sent: Arguments<C>): Promise<Response>;
}

export interface ApiOptions {
  readonly token: string | undefined;
  readonly send: (url: string, init: RequestInit) => Promise<Response>;
  /** Called where the server wants a token, or another one. */
  readonly denied: () => void;
}

export function createApi({ token, send, denied }: ApiOptions): Api {
  const client = createClient({
    base: "",
    token,
    fetch: async (url, init) => {
      const response = await send(url, init);
      if (response.status === 401) denied();
      return response;
    },
  });
  return {
    call: async (call, ...sent) => {
      const answer = await client.whole(call, ...sent);
      if (!answer.ok) return { ok: false, problem: problemOf(answer.error) };
      const { value, headers } = answer.value;
      const isCut = nextOf(headers) !== undefined;
      return { ok: true, value, etag: headers.get("etag"), isCut };
    },
    open: client.open,
  };
}
