import { SteepestError } from "./errors.js";

/**
 * Reads the `key=value,key=value` of optimizers' and schedules' textual forms; white space around names is
 * ignored.
 * @throws SteepestError `invalid-value` where a piece is not `key=value` or a key comes twice; `whole` is the
 *   text the message quotes
 */
export function parseAssignments(text: string, whole: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const assignment of text.trim() === "" ? [] : text.split(",")) {
    const [key = "", value = "", ...rest] = assignment.split("=").map((side) => side.trim());
    if (key === "" || value === "" || rest.length > 0)
      throw new SteepestError(
        "invalid-value",
        `"${assignment}" in "${whole}" is not an assignment`,
        "Write name:key=value,key=value",
      );
    if (values.has(key))
      throw new SteepestError("invalid-value", `"${whole}" sets ${key} twice`, `Keep one ${key}=...`);
    values.set(key, value);
  }
  return values;
}

/** Writes what {@link parseAssignments} reads: `:key=value,...`, or nothing where there are no values. */
export const formatAssignments = (
  values: readonly (readonly [string, string | number | boolean])[],
): string => (values.length === 0 ? "" : `:${values.map(([key, value]) => `${key}=${value}`).join(",")}`);
