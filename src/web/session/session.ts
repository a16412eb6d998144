/**
 * What the browser keeps: the token only as long as the tab is open, and what one likes (language, colours)
 * for longer. Where storage is closed the page works all the same, and asks again.
 */
import type { Language } from "../format.ts";

const tokenKey = "serin.token";
const themeKey = "serin.theme";
const languageKey = "serin.language";

export const themes = ["auto", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

export const readToken = (): string | undefined => read(() => sessionStorage, tokenKey);
export const keepToken = (token: string | undefined): void =>
  keep(() => sessionStorage, tokenKey, token);

export const readTheme = (): Theme =>
  themes.find((theme) => theme === read(() => localStorage, themeKey)) ?? "auto";
export const keepTheme = (theme: Theme): void => keep(() => localStorage, themeKey, theme);

export function readLanguage(): Language {
  const kept = read(() => localStorage, languageKey);
  if (kept === "en" || kept === "zh") return kept;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}
export const keepLanguage = (language: Language): void =>
  keep(() => localStorage, languageKey, language);

function read(storage: () => Storage, key: string): string | undefined {
  try {
    return storage().getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function keep(storage: () => Storage, key: string, value: string | undefined): void {
  try {
    if (value === undefined) storage().removeItem(key);
    else storage().setItem(key, value);
  } catch {
    // Nothing is kept, and nothing depends on it.
  }
}
