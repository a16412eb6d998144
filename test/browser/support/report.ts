import { fileURLToPath } from "node:url";

/** Screenshots of every view, of the last run. Git ignores it. */
export const reportFolder = fileURLToPath(new URL("../../../test-report/page/", import.meta.url));
