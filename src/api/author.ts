/** Who asks for a change, and why, for its record. */
import { z } from "zod";

const cut = "Control characters become spaces, and what is too long is cut.";

export const writerQuery = {
  by: z.string().exactOptional().describe(`Who asks, for the record. ${cut}`),
  why: z.string().exactOptional().describe(`Why, for the record. ${cut}`),
};
