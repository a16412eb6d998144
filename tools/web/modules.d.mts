/** Paths inside of the folder of the modules that `first` needs when it runs, in order. */
export function modulesFrom(
  folder: string,
  first: string,
  packages: readonly string[],
): readonly string[];
