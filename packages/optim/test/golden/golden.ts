import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ArgumentValue } from "../../src/language/rule.js";

/** A trajectory recorded from an original implementation in float64. */
export interface Golden {
  readonly name: string;
  readonly hyper: Readonly<Record<string, ArgumentValue>>;
  readonly params: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly init: readonly number[];
  }[];
  readonly steps: number;
  /** Gradients of step k at [k − 1], one flat list a parameter; empty where the case has an objective. */
  readonly grads: readonly (readonly (readonly number[])[])[];
  /** Estimates of the Hessian's diagonal, as the gradients. */
  readonly hessians?: readonly (readonly (readonly number[])[])[];
  /** Parameters after the given steps, one flat list a parameter. */
  readonly expected: Readonly<Record<string, readonly (readonly number[])[]>>;
  /** The estimate of the distance to the solution after the given steps. */
  readonly expected_d?: Readonly<Record<string, readonly (readonly number[])[]>>;
  /** The parameters to evaluate with after the given steps. */
  readonly expected_eval?: Readonly<Record<string, readonly (readonly number[])[]>>;
  /** Schedule-Free's sequence z. */
  readonly expected_z?: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly learning_rates?: Readonly<Record<string, number>>;
  readonly losses?: Readonly<Record<string, number>>;
  readonly func_evals?: Readonly<Record<string, number>>;
  /** The original's own largest relative change when its inputs change by 4e-16. */
  readonly noise: number;
}

const fixtures = fileURLToPath(new URL("../fixtures/golden/", import.meta.url));
const shared = fileURLToPath(new URL("../../../../../shared/golden/", import.meta.url));

/** The names of the recorded cases. */
export const goldenNames: readonly string[] = readdirSync(fixtures)
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.slice(0, -".json".length));

export function readGolden(name: string): Golden {
  const recorded = JSON.parse(readFileSync(`${fixtures}${name}.json`, "utf8"), (_, value: unknown) =>
    value === "inf" ? Number.POSITIVE_INFINITY : value,
  );
  // Where the original's parameters are the average, ours are the point at which it takes gradients.
  const { expected, expected_train } = recorded;
  return expected_train === undefined
    ? { name, ...recorded }
    : { name, ...recorded, expected: expected_train, expected_eval: expected };
}

/** The folder that the cases were copied from, where it is at hand: every recorded case, by name, as text. */
export function sharedGoldens(): ReadonlyMap<string, string> | undefined {
  if (!existsSync(shared)) return undefined;
  return new Map(
    readdirSync(shared)
      .filter((file) => file.endsWith(".json"))
      .map((file) => [file.slice(0, -".json".length), readFileSync(`${shared}${file}`, "utf8")]),
  );
}

export const fixtureText = (name: string): string => readFileSync(`${fixtures}${name}.json`, "utf8");

/** The parameters after each recorded step. */
export const checkpoints = (
  golden: Golden,
): readonly (readonly [step: number, values: readonly number[]])[] =>
  Object.entries(golden.expected).map(([step, values]) => [Number(step), values.flat()]);

/** The largest parameter of a trajectory: what its errors are measured against. */
export const trajectoryScale = (golden: Golden): number =>
  Math.max(
    ...golden.params.flatMap(({ init }) => init.map(Math.abs)),
    ...checkpoints(golden).flatMap(([, values]) => values.map(Math.abs)),
  );

/** The original's own uncertainty, with the margin that the recordings ask for. */
export const goldenTolerance = (golden: Golden): number => Math.max(1e-10, 100 * golden.noise);

/** What a replay needs of an optimizer. */
interface Replayed {
  parameter(name: string): Float32Array | Float64Array;
  gradient(name: string): Float32Array | Float64Array;
  input?(input: string, name: string): Float32Array | Float64Array;
  step(): unknown;
}

/**
 * Replays the recorded gradients and returns the largest error at the recorded steps, relative to the
 * trajectory's scale; `visit` is called after each step.
 */
export function replay(optimizer: Replayed, golden: Golden, visit?: (step: number) => void): number {
  for (const { name, init } of golden.params) optimizer.parameter(name).set(init);
  const expected = new Map(checkpoints(golden));
  let error = 0;
  for (let k = 1; k <= golden.steps; k++) {
    for (const [index, { name }] of golden.params.entries()) {
      optimizer.gradient(name).set(golden.grads[k - 1]?.[index] ?? []);
      const hessian = golden.hessians?.[k - 1]?.[index];
      if (hessian !== undefined) optimizer.input?.("hessian", name).set(hessian);
    }
    optimizer.step();
    visit?.(k);
    const found = golden.params.flatMap(({ name }) => [...optimizer.parameter(name)]);
    for (const [index, value] of (expected.get(k) ?? []).entries())
      error = Math.max(error, Math.abs((found[index] ?? Number.NaN) - value));
  }
  return error / trajectoryScale(golden);
}
