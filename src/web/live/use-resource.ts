/** A list or object that is read by GET, and read again whenever the stream says that something changed. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Answered, Call, Sent } from "../../api/calls.ts";
import type { Answer } from "../api/api.ts";
import type { Problem } from "../api/problem.ts";
import { useApp } from "../app-context.ts";

export interface Resource<T> {
  /** What was read last; it stays while it is read again. */
  readonly value: T | undefined;
  readonly etag: string | null;
  /** Of a list: it goes on after what was read. */
  readonly isCut: boolean;
  readonly problem: Problem | undefined;
  /** Before the first answer. */
  readonly loading: boolean;
  reload(): void;
}

/** Changes in a row are read once. */
const settleMs = 150;

/** `sent` undefined: nothing is read. `again`: read once more when it is another value. */
export function useResource<C extends Call>(
  call: C,
  sent: Sent<C> | undefined,
  again: unknown,
): Resource<Answered<C>> {
  const { api } = useApp();
  const [asked, setAsked] = useState(0);
  const [state, setState] = useState<Read<Answered<C>>>({ asked: undefined });
  const first = useRef(true);
  // What is asked for is another object each time, and the same by its text.
  const text = sent === undefined ? undefined : JSON.stringify(sent);
  useEffect(() => {
    if (text === undefined) return undefined;
    const going = new AbortController();
    const read = async (): Promise<void> => {
      const ask = api.call as Ask<Answered<C>>;
      const answer = await ask(call, JSON.parse(text), { signal: going.signal });
      if (going.signal.aborted) return;
      if (answer.ok) setState({ ...answer, asked: text });
      else
        setState((known) => ({
          ...(known.asked === text && known),
          asked: text,
          problem: answer.problem,
        }));
    };
    const timer = setTimeout(() => void read(), first.current ? 0 : settleMs);
    first.current = false;
    return () => {
      clearTimeout(timer);
      going.abort();
    };
  }, [api, call, text, again, asked]);
  const reload = useCallback(() => setAsked((count) => count + 1), []);
  const isOurs = state.asked === text;
  return {
    value: isOurs ? state.value : undefined,
    etag: (isOurs && state.etag) || null,
    isCut: isOurs && state.isCut === true,
    problem: isOurs ? state.problem : undefined,
    loading: !isOurs,
    reload,
  };
}

/** Of any call: what is sent was checked where a view asks. */
type Ask<T> = (
  call: Call,
  sent: unknown,
  how: { readonly signal: AbortSignal },
) => Promise<Answer<T>>;

interface Read<T> {
  readonly asked: string | undefined;
  readonly value?: T;
  readonly etag?: string | null;
  readonly isCut?: boolean;
  readonly problem?: Problem;
}
