import { homedir } from "node:os";
import { join } from "node:path";

/** Where downloads are kept: `$STEEPEST_CACHE`, else `~/.cache/steepest`. The folder may not exist yet. */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const chosen = environment.STEEPEST_CACHE;
  return chosen === undefined || chosen === "" ? join(homedir(), ".cache", "steepest") : chosen;
}
