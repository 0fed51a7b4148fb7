/** Numbers that a setting may be: in words, and as a test. */
export interface NumberRange {
  readonly expected: string;
  readonly accepts: (value: number) => boolean;
}

/** The ranges of hyper-parameters and of schedules' parameters. */
export const ranges = {
  real: { expected: "a finite number", accepts: (value) => Number.isFinite(value) },
  nonNegative: { expected: "a finite number >= 0", accepts: (value) => Number.isFinite(value) && value >= 0 },
  positive: { expected: "a finite number > 0", accepts: (value) => Number.isFinite(value) && value > 0 },
  fraction: { expected: "a number in [0, 1]", accepts: (value) => value >= 0 && value <= 1 },
  count: { expected: "an integer >= 1", accepts: (value) => Number.isSafeInteger(value) && value >= 1 },
  wholeNumber: { expected: "an integer >= 0", accepts: (value) => Number.isSafeInteger(value) && value >= 0 },
} as const satisfies Readonly<Record<string, NumberRange>>;
