import { z } from "zod";

/** {@link ScoringClock} in plans and in the flags of trials. */
export const scoringClockSchema = z.enum(["wall", "cpu", "steps"]);

/** Which time counts: wall or CPU seconds of training, or the number of steps. */
export type ScoringClock = z.infer<typeof scoringClockSchema>;

/** A clock in logs and in sentences. */
export interface ClockReadings {
  /** The column of an evaluation's time. */
  readonly column: string;
  /** A time as people read it, from its figure. */
  text(figure: string): string;
}

/** AlgoPerf scores wall time, in the column `score`; our own runs keep the other clocks beside it. */
const readings: Readonly<Record<ScoringClock, ClockReadings>> = {
  wall: { column: "score", text: (figure) => `${figure} s` },
  cpu: { column: "accumulated_cpu_time", text: (figure) => `${figure} CPU s` },
  steps: { column: "global_step", text: (figure) => `${figure} steps` },
};

/** Where a clock is read; AlgoPerf's where none is named. */
export const clockReadings = (clock: ScoringClock = "wall"): ClockReadings => readings[clock];

/** A time in six significant digits at most: enough to find it in its log. */
export const figure = (value: number): string => String(Number(value.toPrecision(6)));
