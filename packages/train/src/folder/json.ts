import { SteepestError } from "@steepest/optim";
import type { z } from "zod";

/**
 * Parses JSON of a known form.
 * @throws SteepestError `malformed-file` that names the place and the first field that is not as expected, or
 *   says that another version of this program wrote it
 */
export function parseJson<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  where: string,
): z.infer<Schema> {
  const malformed = (message: string, fix: string, cause: unknown) =>
    new SteepestError("malformed-file", `${where} ${message}`, fix, { cause });
  const restore = "Restore the file, or choose another folder";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw malformed("is damaged: it is not JSON", restore, cause);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  if (issues.some(({ path }) => path[0] === "version") && typeof fieldOf(value, "version") === "number")
    throw malformed(
      `was written by another version of Steepest (its format is ${fieldOf(value, "version")})`,
      "Use that version for this folder, or choose another folder",
      parsed.error,
    );
  const [first] = issues;
  throw malformed(
    `is damaged: ${first === undefined ? "its form is unknown" : complaint(value, first)}`,
    restore,
    parsed.error,
  );
}

/** What is wrong with one field, as the end of a sentence. */
function complaint(value: unknown, { path, message }: z.core.$ZodIssue): string {
  const reason = `(${message.charAt(0).toLowerCase()}${message.slice(1)})`;
  if (path.length === 0) return `it does not have the expected fields ${reason}`;
  const name = JSON.stringify(path.map(String).join(".."));
  const found = path.reduce(fieldOf, value);
  return found === undefined ? `it lacks ${name}` : `its ${name} is wrong ${reason}`;
}

const fieldOf = (value: unknown, key: PropertyKey): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
