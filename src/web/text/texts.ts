/** The dictionaries, by language. */
import type { Language } from "../format.ts";
import { change as changeEn } from "./en/change.ts";
import { lists as listsEn } from "./en/lists.ts";
import { page as pageEn } from "./en/page.ts";
import { service as serviceEn } from "./en/service.ts";
import type { Text } from "./text.ts";
import { change as changeZh } from "./zh/change.ts";
import { lists as listsZh } from "./zh/lists.ts";
import { page as pageZh } from "./zh/page.ts";
import { service as serviceZh } from "./zh/service.ts";

const en: Text = { ...pageEn, ...serviceEn, ...changeEn, ...listsEn };
const zh: Text = { ...pageZh, ...serviceZh, ...changeZh, ...listsZh };

export const texts: Readonly<Record<Language, Text>> = { en, zh };
