/** Each version of a service has one colour wherever it is shown: `v1` the first, in the order of names. */

/** Colours and dash patterns that the style sheets have. */
export const colours = 6;

const order = new Intl.Collator("en", { numeric: true });

export const inOrderOfVersions = (a: string, b: string): number => order.compare(a, b);

/** The number of the colour of each version; more versions than colours share them. */
export function colourOf(version: string, versions: Iterable<string>): number {
  const sorted = [...new Set(versions)].sort(inOrderOfVersions);
  return Math.max(0, sorted.indexOf(version)) % colours;
}
