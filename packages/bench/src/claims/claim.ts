import type { Range } from "./verdict.js";

/**
 * Values of a quantity over another one, with what lies between the seeds around it. Arrays are equally long,
 * `x` ascends.
 */
export interface ChartSeries {
  readonly name: string;
  readonly x: ArrayLike<number>;
  /** A value that is not finite leaves a gap. */
  readonly y: ArrayLike<number>;
  readonly band?: { readonly low: ArrayLike<number>; readonly high: ArrayLike<number> };
  /** Whether each point also gets a dot: for a few measured points. */
  readonly dots?: boolean;
}

/** One axis of a chart. */
export interface ChartAxis {
  readonly label: string;
  /** Whether the axis is logarithmic; linear by default. */
  readonly log?: boolean;
  /** Where the axis begins and ends; as far as the series go by default. */
  readonly domain?: readonly [number, number];
}

/** Lines over one axis: plain data, drawn by the report. */
export interface Chart {
  readonly title: string;
  readonly x: ChartAxis;
  readonly y: ChartAxis;
  readonly series: readonly ChartSeries[];
  /** Labelled horizontal lines: what theory predicts, a threshold. */
  readonly rules?: readonly { readonly value: number; readonly label: string }[];
}

/** A number that was measured. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit?: string;
  /** Where there are several seeds. */
  readonly interval?: { readonly low: number; readonly high: number; readonly level: number };
}

/** Measured rows. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** What an experiment is given. */
export interface ClaimContext {
  /** The experiment runs once for each: its random numbers are a pure function of it. */
  readonly seeds: readonly number[];
  /**
   * Tells how far the experiment is, 0 to 1, and lets others work, such as the one who watches for Ctrl-C.
   * Call it every few milliseconds.
   * @throws the signal's reason where the run was aborted
   */
  progress(fraction: number): Promise<void>;
}

/** What an experiment found. */
export interface ClaimFindings<Effect extends string = string> {
  /** Every effect that the declaration decides by: one value for each seed, in the order of the seeds. */
  readonly effects: Readonly<Record<Effect, readonly number[]>>;
  readonly figures: readonly Figure[];
  readonly charts: readonly Chart[];
  readonly tables?: readonly Table[];
  /** What the verdict must not be read without, with its figures: a price, a horizon. */
  readonly caveat?: string;
}

/** What decides a claim, written down before anything is run. */
export interface Criterion {
  /** The quantity in words: `loss of SGD over loss of AdaGrad`. */
  readonly quantity: string;
  /** The values with which the claim holds. */
  readonly holds: Range;
  /** `log` averages the logarithm over the seeds: for ratios. `linear` by default. */
  readonly scale?: "linear" | "log";
}

/** A statement about an optimizer and the experiment that decides it. */
export interface ClaimDeclaration<Parameters, Effect extends string> {
  /** Unique, as the command line takes it: `adam-bias`. */
  readonly name: string;
  readonly title: string;
  /** What is stated. */
  readonly claim: string;
  /** What is run, in words. */
  setting(parameters: Parameters): string;
  /** Seeds by default. */
  readonly seeds: number;
  /** Sizes of the experiment, and what tests switch off in it. */
  readonly parameters: Parameters;
  /** The claim holds where every effect is in its range. */
  readonly holdsWhen: Readonly<Record<Effect, Criterion>>;
  run(context: ClaimContext, parameters: Parameters): Promise<ClaimFindings<Effect>>;
}

/** A claim, ready to be run. */
export interface Claim {
  readonly name: string;
  readonly title: string;
  readonly claim: string;
  readonly setting: string;
  readonly seeds: number;
  readonly criteria: Readonly<Record<string, Criterion>>;
  run(context: ClaimContext): Promise<ClaimFindings>;
}

/** A claim whose experiment can be changed. */
export interface DefinedClaim<Parameters> extends Claim {
  /** The same claim with another experiment: smaller, or with a part switched off. */
  with(changes: Partial<Parameters>): DefinedClaim<Parameters>;
}

/** A claim from its declaration. */
export function defineClaim<Parameters, Effect extends string>(
  declaration: ClaimDeclaration<Parameters, Effect>,
): DefinedClaim<Parameters> {
  const { name, title, claim, seeds, parameters, holdsWhen } = declaration;
  return {
    ...{ name, title, claim, seeds, criteria: holdsWhen },
    setting: declaration.setting(parameters),
    run: (context) => declaration.run(context, parameters),
    with: (changes) => defineClaim({ ...declaration, parameters: { ...parameters, ...changes } }),
  };
}
