import { measuredSettingSchema } from "./setting.js";
import { measureHere } from "./trainee.js";

/* The measured process: takes one setting, sends what was measured or why it could not be, and ends. */

process.once("message", async (message) => {
  try {
    process.send?.({ kind: "measured", memory: await measureHere(measuredSettingSchema.parse(message)) });
  } catch (error) {
    process.send?.({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
  }
  process.disconnect();
});
process.once("disconnect", () => process.exit());
