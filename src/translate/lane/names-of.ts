const shown = 3;

/** The first names of a list in a message, and a count of the others. */
export function namesOf(names: readonly string[]): string {
  const more = names.length - shown;
  return more > 0 ? `${names.slice(0, shown).join(", ")} and ${more} more` : names.join(", ");
}
