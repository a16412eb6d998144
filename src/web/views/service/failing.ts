/** From which share of failures on a number is shown as bad: that of a guard with its defaults. */
import type { VersionFigures } from "../../../api/services.ts";

const failingRatio = 0.05;

export const isFailing = (figures: VersionFigures | undefined): boolean =>
  (figures?.errorRatio ?? 0) > failingRatio;
