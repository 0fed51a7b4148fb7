import { SteepestError } from "../errors.js";
import type { Schedule } from "./schedule.js";

/**
 * Schedules one after the other: the first until step `boundaries[0]` inclusive, the next until
 * `boundaries[1]`, ...; each counts its own steps from 1. optax `join_schedules(schedules, boundaries)`,
 * torch `SequentialLR(schedulers, milestones)`.
 * @throws SteepestError `invalid-value` unless there is one boundary fewer than schedules and boundaries are
 *   integers that grow from 1
 */
export function joinSchedules(schedules: readonly Schedule[], boundaries: readonly number[]): Schedule {
  if (schedules.length !== boundaries.length + 1)
    throw new SteepestError(
      "invalid-value",
      `${schedules.length} schedules are joined at ${boundaries.length} boundaries`,
      "Give one boundary fewer than schedules",
    );
  for (const [index, boundary] of boundaries.entries()) {
    const previous = boundaries[index - 1] ?? 0;
    if (!Number.isSafeInteger(boundary) || boundary <= previous)
      throw new SteepestError(
        "invalid-value",
        `boundary ${index + 1} of the joined schedules is ${boundary}`,
        `Expected an integer greater than ${previous}`,
      );
  }
  return (step) => {
    let part = 0;
    while (step > (boundaries[part] ?? Number.POSITIVE_INFINITY)) part++;
    return schedules[part]?.(step - (boundaries[part - 1] ?? 0)) ?? Number.NaN;
  };
}
