/** A list or object that is read by GET, and read again whenever the stream says that something changed. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Problem } from "../api/api.ts";
import { useApp } from "../app-context.ts";

export interface Resource<T> {
  /** What was read last; it stays while it is read again. */
  readonly value: T | undefined;
  readonly etag: string | null;
  readonly problem: Problem | undefined;
  /** Before the first answer. */
  readonly loading: boolean;
  reload(): void;
}

/** Changes in a row are read once. */
const settleMs = 150;

/** `path` undefined: nothing is read. `again`: read once more when it is another value. */
export function useResource<T>(path: string | undefined, again: unknown): Resource<T> {
  const { api } = useApp();
  const [asked, setAsked] = useState(0);
  const [state, setState] = useState<Read<T>>({ path: undefined });
  const first = useRef(true);
  useEffect(() => {
    if (path === undefined) return undefined;
    const going = new AbortController();
    const read = async (): Promise<void> => {
      const answer = await api.get<T>(path, going.signal);
      if (going.signal.aborted) return;
      if (answer.ok) setState({ path, value: answer.value, etag: answer.etag });
      else
        setState((known) => ({ ...(known.path === path && known), path, problem: answer.problem }));
    };
    const timer = setTimeout(() => void read(), first.current ? 0 : settleMs);
    first.current = false;
    return () => {
      clearTimeout(timer);
      going.abort();
    };
  }, [api, path, again, asked]);
  const reload = useCallback(() => setAsked((count) => count + 1), []);
  const isOurs = state.path === path;
  return {
    value: isOurs ? state.value : undefined,
    etag: (isOurs && state.etag) || null,
    problem: isOurs ? state.problem : undefined,
    loading: !isOurs,
    reload,
  };
}

interface Read<T> {
  readonly path: string | undefined;
  readonly value?: T;
  readonly etag?: string | null;
  readonly problem?: Problem;
}
