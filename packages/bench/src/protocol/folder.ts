import { planFolders } from "../planFolder/planFolder.js";
import { benchPlanSchema } from "./plan.js";

/** The folders of benches. Who carries the trials out may change while they go on. */
export const benchFolders = planFolders({
  noun: "bench",
  schema: benchPlanSchema,
  continueWith: (folder) => `Continue it with steepest bench resume ${JSON.stringify(folder)}`,
  free: ["engine"],
});
