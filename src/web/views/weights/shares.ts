/** Shares of versions while somebody drags them: always 100 % in the sum, to a hundredth of a per cent. */

/** Hundredths of a per cent, by version. */
export type Shares = Readonly<Record<string, number>>;

export const whole = 10_000;

/** Per cent as somebody types them; undefined: an empty field, or no number, is no share. */
export function typedShare(text: string): number | undefined {
  const percent = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(percent) ? percent * (whole / 100) : undefined;
}

/** Weights count by their ratio. All 0, or none: the first has everything. */
export function sharesOf(weights: Readonly<Record<string, number>>): Shares {
  const entries = Object.entries(weights);
  const sum = entries.reduce((total, [, weight]) => total + weight, 0);
  const exact = entries.map(([name, weight], index): readonly [string, number] => [
    name,
    sum === 0 ? (index === 0 ? whole : 0) : (weight * whole) / sum,
  ]);
  return rounded(exact);
}

/** `version` gets `share`; what is left is divided among the others by the ratio that they had. */
export function moveShare(shares: Shares, version: string, share: number): Shares {
  const wanted = Math.min(whole, Math.max(0, Math.round(share)));
  const others = Object.entries(shares).filter(([name]) => name !== version);
  if (others.length === 0) return { [version]: whole };
  const before = others.reduce((total, [, each]) => total + each, 0);
  const left = whole - wanted;
  const divided = others.map(([name, each], index): readonly [string, number] => [
    name,
    before === 0 ? (index === 0 ? left : 0) : (each * left) / before,
  ]);
  const byName = { ...rounded(divided, left), [version]: wanted };
  return Object.fromEntries(Object.keys(shares).map((name) => [name, byName[name] ?? 0]));
}

/** As the object `weights/<service>` has them: whole numbers, and per cent where that is exact. */
export function weightsOf(shares: Shares): Readonly<Record<string, number>> {
  const isPercent = Object.values(shares).every((share) => share % 100 === 0);
  return Object.fromEntries(
    Object.entries(shares).map(([name, share]) => [name, isPercent ? share / 100 : share]),
  );
}

export const isSameSplit = (a: Shares, b: Shares): boolean =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].every(
    (name) => (a[name] ?? 0) === (b[name] ?? 0),
  );

/** Whole hundredths with the sum kept: the largest remainders get one more. */
function rounded(exact: readonly (readonly [string, number])[], sum = whole): Shares {
  const floors = exact.map(([name, share]) => ({
    name,
    share: Math.floor(share),
    rest: share % 1,
  }));
  let missing = sum - floors.reduce((total, { share }) => total + share, 0);
  for (const each of [...floors].sort((a, b) => b.rest - a.rest)) {
    if (missing <= 0) break;
    each.share += 1;
    missing -= 1;
  }
  return Object.fromEntries(floors.map(({ name, share }) => [name, share]));
}
