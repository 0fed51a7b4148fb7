import { SteepestError } from "../../errors.js";
import type { StateDictionary } from "../config.js";

/*
 * What of an optimizer's state is no tensor lies in the metadata as JSON. Numbers are texts that read back to
 * the same bits, also -0, NaN and the infinities.
 */

/** The metadata key of the description. */
export const metadataKey = "optimizer";

/** A number as text, to the bit. */
export const exact = (value: number | undefined): string => (Object.is(value, -0) ? "-0" : String(value));

/** The error for a state that belongs to another optimizer. */
export const mismatch = (what: string, expected: string, found: string) =>
  new SteepestError(
    "state-mismatch",
    `this state does not fit: ${what} should be ${expected}, found ${found}`,
    "Nothing was changed. Build the optimizer with the rule, options, parameters and groups that the state was saved with",
  );

/**
 * @throws SteepestError `state-mismatch` where there is no description, `malformed-file` where it is no JSON
 */
export function readDescription(state: StateDictionary): unknown {
  const text = state.metadata[metadataKey];
  if (text === undefined) {
    throw mismatch(`metadata "${metadataKey}"`, "the description of an optimizer", "none");
  }
  return parseJson(text);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SteepestError(
      "malformed-file",
      `the state's metadata "${metadataKey}" is not JSON`,
      "The file is damaged; nothing was changed",
      { cause },
    );
  }
}

/** A field of an object that may be anything; undefined where it is none. */
export const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;

export const listed = (value: unknown): string =>
  Array.isArray(value) ? `[${value.join(", ")}]` : String(value);

/** @throws SteepestError `state-mismatch` where the value is not a number as text */
export function readNumber(what: string, value: unknown): number {
  if (typeof value !== "string" || (value !== "NaN" && Number.isNaN(Number(value)))) {
    throw mismatch(what, "a number", String(value));
  }
  return Number(value);
}

/** @throws SteepestError `state-mismatch` where the two differ */
export function expectEqual(what: string, expected: unknown, found: unknown): void {
  if (expected !== found) throw mismatch(what, String(expected), String(found));
}
