/** Which view a hash names, so that links work: `#/services/web/history`. */

export const serviceTabs = ["overview", "weights", "release", "history", "instances"] as const;
export type ServiceTab = (typeof serviceTabs)[number];

export type Place =
  | { readonly view: "services" }
  | { readonly view: "service"; readonly service: string; readonly tab: ServiceTab }
  | { readonly view: "routes" }
  | { readonly view: "proxies" }
  | { readonly view: "alerts" }
  | { readonly view: "diagnostics" }
  | { readonly view: "system" }
  | { readonly view: "nowhere" };

export type View = Place["view"];

const plain = ["services", "routes", "proxies", "alerts", "diagnostics", "system"] as const;

export function placeOf(hash: string): Place {
  const [first = "", service, tab, ...more] = hash.replace(/^#?\/?/, "").split("/");
  if (first === "") return { view: "services" };
  if (first === "services" && service !== undefined && service !== "" && more.length === 0) {
    const found = serviceTabs.find((each) => each === (tab ?? "overview"));
    const name = decoded(service);
    if (found === undefined || name === undefined) return { view: "nowhere" };
    return { view: "service", service: name, tab: found };
  }
  const view = plain.find((each) => each === first);
  return view === undefined || service !== undefined ? { view: "nowhere" } : { view };
}

export const serviceHref = (service: string, tab: ServiceTab = "overview"): string =>
  `#/services/${encodeURIComponent(service)}${tab === "overview" ? "" : `/${tab}`}`;

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
