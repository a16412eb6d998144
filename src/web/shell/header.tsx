/** The head of the page: where one can go, whether it is live, and how it looks. */
import { useApp, useLive } from "../app-context.ts";
import type { Language } from "../format.ts";
import { Button } from "../parts/button.tsx";
import type { View } from "../router.ts";
import { type Theme, themes } from "../session/session.ts";
import { LinkState } from "./link-state.tsx";

const views = ["services", "routes", "proxies", "alerts", "diagnostics", "system"] as const;

export function Header({ view }: { readonly view: View }) {
  const { text, signOut, me } = useApp();
  return (
    <header class="page-head">
      <a class="brand" href="#/services" data-control="brand">
        <Mark /> serin
      </a>
      <nav aria-label={text.page.nav}>
        <ul>
          {views.map((each) => (
            <li key={each}>
              <a
                class="nav-link"
                href={`#/${each}`}
                data-control={`nav-${each}`}
                aria-current={isAt(each, view) ? "page" : undefined}
              >
                {text.views[each]} <NavCount view={each} />
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div class="page-tools">
        <LinkState />
        {me !== null && me.name !== null && me.name !== "" && (
          <span class="quiet">{text.page.signedIn(me.name, text.roles[me.role])}</span>
        )}
        <LanguageChoice />
        <ThemeChoice />
        {signOut !== undefined && (
          <Button kind="quiet" name="sign-out" onPress={signOut}>
            {text.page.signOut}
          </Button>
        )}
      </div>
    </header>
  );
}

const isAt = (each: View, view: View): boolean =>
  each === view || (each === "services" && view === "service");

/** How many there are of what one would want to look at. */
function NavCount({ view }: { readonly view: (typeof views)[number] }) {
  const { formats } = useApp();
  const { proxies, services, alerts } = useLive();
  const all = [...services.values()];
  const count = {
    services: 0,
    routes: 0,
    proxies: proxies?.nacked ?? 0,
    alerts: (alerts ?? []).filter(({ state }) => state !== "delivered").length,
    diagnostics: all.reduce((sum, { diagnostics }) => sum + diagnostics.errors, 0),
    system: 0,
  }[view];
  return count === 0 ? null : <span class="count">{formats.count(count)}</span>;
}

function LanguageChoice() {
  const { text, language, setLanguage } = useApp();
  return (
    <select
      aria-label={text.page.language}
      data-control="language"
      value={language}
      onChange={(event) => setLanguage(event.currentTarget.value as Language)}
    >
      <option value="en" lang="en">
        English
      </option>
      <option value="zh" lang="zh">
        中文
      </option>
    </select>
  );
}

function ThemeChoice() {
  const { text, theme, setTheme } = useApp();
  return (
    <select
      aria-label={text.page.theme}
      data-control="theme"
      value={theme}
      onChange={(event) => setTheme(event.currentTarget.value as Theme)}
    >
      {themes.map((each) => (
        <option key={each} value={each}>
          {text.page.themes[each]}
        </option>
      ))}
    </select>
  );
}

const Mark = () => (
  <svg class="mark" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
    <path class="one" d="M3 8h5M3 16h11" />
    <path class="two" d="M12 8h9M18 16h3" />
  </svg>
);
