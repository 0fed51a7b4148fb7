import { SteepestError } from "@steepest/optim";
import { z } from "zod";

/**
 * Parses JSON of a known form.
 * @throws SteepestError `malformed-file` with the place and what was expected there
 */
export function parseJson<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  where: string,
): z.infer<Schema> {
  const damaged = (message: string, cause?: unknown) =>
    new SteepestError(
      "malformed-file",
      `${where} is damaged: ${message}`,
      "Restore the file, or train again into another folder",
      { cause },
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged("it is not JSON", cause);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw damaged(z.prettifyError(parsed.error).replaceAll("\n", " "), parsed.error);
  return parsed.data;
}
