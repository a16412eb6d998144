/**
 * Pages whose blocks are tested: all for users, but for decisions and the change log, which tell
 * of what was, and the reference of the command line, whose examples are those of `--help`.
 */
import { projectFiles } from "../tracked.ts";

export const documentsWithBlocks = (): readonly string[] =>
  projectFiles().filter(
    (file) =>
      file.endsWith(".md") &&
      !/^(?:docs\/adr|docs\/reference|test)\/|^(?:CHANGELOG|ARCHITECTURE)\.md$/.test(file),
  );
