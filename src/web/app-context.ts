/** What every view has at hand: the API, the live state, words and numbers of the language, who one is. */
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Me } from "../api/events.ts";
import type { Role } from "../api/role.ts";
import type { Api } from "./api/api.ts";
import type { Formats, Language } from "./format.ts";
import type { LiveLink } from "./live/live-link.ts";
import { initialState, type LiveState } from "./live/state.ts";
import { mayDo } from "./session/roles.ts";
import type { Theme } from "./session/session.ts";
import type { Text } from "./text/text.ts";

export interface App {
  readonly api: Api;
  readonly link: LiveLink;
  readonly text: Text;
  readonly formats: Formats;
  readonly language: Language;
  readonly theme: Theme;
  readonly me: Me | null;
  setLanguage(language: Language): void;
  setTheme(theme: Theme): void;
  /** Says it to screen readers, once. */
  announce(message: string): void;
  /** undefined where no token is kept. */
  readonly signOut: (() => void) | undefined;
}

export const AppContext = createContext<App | undefined>(undefined);

export function useApp(): App {
  const app = useContext(AppContext);
  if (app === undefined) throw new Error("a view outside of the page");
  return app;
}

/** Drawn at most once a frame, however many events come. */
export function useLive(): LiveState {
  const { link } = useApp();
  const [state, setState] = useState(link.state ?? initialState);
  useEffect(() => {
    let frame = 0;
    const draw = (): void => {
      frame = 0;
      setState(link.state);
    };
    draw();
    const stop = link.subscribe(() => {
      if (frame === 0) frame = requestAnimationFrame(draw);
    });
    return () => {
      stop();
      cancelAnimationFrame(frame);
    };
  }, [link]);
  return state;
}

/** Why one may not, as a sentence; null: one may. */
export function useRoleReason(needed: Role): string | null {
  const { me, text } = useApp();
  if (me === null || mayDo(me, needed)) return null;
  return text.reasons.role(text.roles[needed], text.roles[me.role]);
}
