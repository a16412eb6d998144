/** Pages whose blocks are tested: all for users, but for decisions and the change log, which tell of what was. */
import { projectFiles } from "../tracked.ts";

export const documentsWithBlocks = (): readonly string[] =>
  projectFiles().filter(
    (file) =>
      file.endsWith(".md") && !/^(?:docs\/adr|test)\/|^(?:CHANGELOG|ARCHITECTURE)\.md$/.test(file),
  );
