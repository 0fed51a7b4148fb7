import { formatAssignments, parseAssignments } from "../assignments.js";
import { SteepestError, unknownName } from "../errors.js";
import { constantSchedule } from "./constant.js";
import { cosineSchedule } from "./cosine.js";
import { cyclicSchedule } from "./cyclic.js";
import { exponentialSchedule } from "./exponential.js";
import { joinSchedules } from "./join.js";
import { oneCycleSchedule } from "./oneCycle.js";
import { polynomialSchedule } from "./polynomial.js";
import type { Schedule, ScheduleDefinition } from "./schedule.js";
import { stepSchedule } from "./step.js";
import { warmupSchedule } from "./warmup.js";

/** Every kind of schedule that has a name. */
export const schedules: readonly ScheduleDefinition[] = [
  constantSchedule,
  warmupSchedule,
  cosineSchedule,
  stepSchedule,
  polynomialSchedule,
  exponentialSchedule,
  cyclicSchedule,
  oneCycleSchedule,
];

/**
 * The definition with this name.
 * @throws SteepestError `unknown-name`, with the nearest name
 */
export function findSchedule(name: string): ScheduleDefinition {
  const found = schedules.find((schedule) => schedule.name === name);
  if (found === undefined)
    throw unknownName(
      "schedule",
      name,
      schedules.map((schedule) => schedule.name),
    );
  return found;
}

/** One schedule of a {@link ScheduleSpec} and the last step it rules; the last part rules for ever. */
export interface SchedulePart {
  readonly name: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly until?: number;
}

/** A schedule as plain data: one part, or several joined one after the other. */
export type ScheduleSpec = readonly SchedulePart[];

/**
 * The schedule of a specification.
 * @throws SteepestError for an unknown name or parameter, a missing or impossible value, or boundaries that
 *   do not grow
 */
export function createSchedule(spec: ScheduleSpec): Schedule {
  const parts = spec.map((part) => findSchedule(part.name).create(part.parameters));
  return joinSchedules(
    parts,
    spec.flatMap((part) => (part.until === undefined ? [] : [part.until])),
  );
}

/**
 * Reads `cosine:steps=1000,warmup=100`, or schedules joined one after the other, each with the last step it
 * rules: `warmup:steps=100@100/constant@500/cosine:steps=500`.
 * @throws SteepestError for bad syntax and for whatever {@link createSchedule} refuses
 */
export function parseSchedule(text: string): ScheduleSpec {
  const pieces = text.split("/");
  const spec = pieces.map((piece, index) => parsePart(piece.trim(), index === pieces.length - 1));
  createSchedule(spec);
  return spec;
}

/** The text that {@link parseSchedule} reads as this specification. */
export function formatSchedule(spec: ScheduleSpec): string {
  return spec
    .map(
      ({ name, parameters, until }) =>
        `${name}${formatAssignments(Object.entries(parameters))}${until === undefined ? "" : `@${until}`}`,
    )
    .join("/");
}

const partPattern = /^(?<name>[^:@]*)(?::(?<parameters>[^@]*))?(?:@(?<until>\d+))?$/;

function parsePart(text: string, last: boolean): SchedulePart {
  const groups = partPattern.exec(text)?.groups;
  if (groups === undefined) throw badSchedule(text);
  const { name = "", parameters = "", until } = groups;
  if (last && until !== undefined)
    throw new SteepestError(
      "invalid-value",
      `the last schedule "${text}" ends at a step`,
      "Remove its @STEP: the last part rules for ever",
    );
  if (!last && until === undefined)
    throw new SteepestError(
      "invalid-value",
      `the schedule "${text}" is followed by another but has no end`,
      `Write ${text}@STEP with the last step it rules`,
    );
  return {
    name,
    parameters: parseParameters(text, parameters),
    ...(until === undefined ? {} : { until: Number(until) }),
  };
}

function parseParameters(part: string, text: string): Readonly<Record<string, number>> {
  const values = [...parseAssignments(text, part)].map(([key, value]) => [key, Number(value)] as const);
  if (values.some(([, value]) => Number.isNaN(value))) throw badSchedule(part);
  return Object.fromEntries(values);
}

const badSchedule = (text: string): SteepestError =>
  new SteepestError(
    "invalid-value",
    `"${text}" is not a schedule`,
    `Write name:parameter=number,... with one of ${schedules.map((schedule) => schedule.name).join(", ")}, for example cosine:steps=1000,warmup=100`,
  );
