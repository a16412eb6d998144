/** Whether a condition of a route holds for a request, as far as that can be told. */
export type Verdict =
  /** `because` names what held, where it is worth telling. */
  | { readonly kind: "yes"; readonly because: readonly string[] }
  /** `held`: the conditions before it that held. */
  | { readonly kind: "no"; readonly because: string; readonly held: readonly string[] }
  /** Each request by chance: Envoy's random number of the request, modulo `of`, is less than `below`. */
  | {
      readonly kind: "chance";
      readonly below: number;
      readonly of: number;
      readonly because: readonly string[];
    }
  /** It depends on what only the proxy knows. */
  | { readonly kind: "unknown"; readonly unknown: string; readonly because: readonly string[] };

export const yes = (...because: readonly string[]): Verdict => ({ kind: "yes", because });
export const no = (because: string): Verdict => ({ kind: "no", because, held: [] });
export const unknown = (what: string): Verdict => ({ kind: "unknown", unknown: what, because: [] });

/** All must hold: the first that does not decides, then what nobody knows, then chance. */
export function all(verdicts: Iterable<Verdict>): Verdict {
  const because: string[] = [];
  let open: Extract<Verdict, { kind: "chance" | "unknown" }> | undefined;
  for (const verdict of verdicts) {
    if (verdict.kind === "no") return { ...verdict, held: because };
    because.push(...verdict.because);
    if (verdict.kind === "unknown" || (verdict.kind === "chance" && open === undefined)) {
      open = verdict;
    }
  }
  return open === undefined ? { kind: "yes", because } : { ...open, because };
}
