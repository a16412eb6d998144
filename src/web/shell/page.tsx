/** The whole page: state that outlives views, and what is around them. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { createApi } from "../api/api.ts";
import { send } from "../api/send.ts";
import { type App, AppContext } from "../app-context.ts";
import { formatsOf } from "../format.ts";
import { LiveLink } from "../live/live-link.ts";
import { placeOf } from "../router.ts";
import {
  keepLanguage,
  keepTheme,
  keepToken,
  readLanguage,
  readTheme,
  readToken,
} from "../session/session.ts";
import { texts } from "../text/texts.ts";
import { Announcer } from "./announcer.tsx";
import { Content } from "./content.tsx";
import { Header } from "./header.tsx";
import { LinkBar } from "./link-state.tsx";
import { TokenForm } from "./token-form.tsx";
import { useMe } from "./use-me.ts";

export function Page() {
  const [token, setToken] = useState(readToken());
  const [isDenied, setDenied] = useState(false);
  const [language, setLanguage] = useState(readLanguage());
  const [theme, setTheme] = useState(readTheme());
  const [said, announce] = useState("");
  const place = placeOf(useHash());
  const text = texts[language];
  const { api, link } = useMemo(() => connect(token, () => setDenied(true)), [token]);
  useEffect(() => () => link.close(), [link]);
  useEffect(() => {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    keepLanguage(language);
  }, [language]);
  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
    keepTheme(theme);
  }, [theme]);
  const me = useMe(link);
  const changeToken = (value: string | undefined): void => {
    keepToken(value);
    setToken(value);
    setDenied(false);
  };
  const formats = useMemo(() => formatsOf(language), [language]);
  const app: App = {
    ...{ api, link, text, formats, language, theme, me },
    ...{ setLanguage, setTheme, announce },
    signOut: token === undefined ? undefined : () => changeToken(undefined),
  };
  return (
    <AppContext.Provider value={app}>
      <button type="button" class="skip" data-control="skip" onClick={toContent}>
        {text.page.skip}
      </button>
      <Header view={place.view} />
      {isDenied ? (
        <TokenForm onToken={changeToken} />
      ) : (
        <>
          <LinkBar />
          <Content place={place} />
        </>
      )}
      <Announcer said={said} />
    </AppContext.Provider>
  );
}

function connect(token: string | undefined, denied: () => void) {
  const api = createApi({ token, send, denied });
  const open = (signal: AbortSignal) =>
    api.open("GET /v1/events", {}, { signal, accept: "text/event-stream" });
  return { api, link: new LiveLink({ open, denied }) };
}

/** No link: the hash is the address of a view, and would be another one. */
const toContent = (): void => document.getElementById("content")?.focus();

function useHash(): string {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const read = (): void => setHash(location.hash);
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }, []);
  return hash;
}
