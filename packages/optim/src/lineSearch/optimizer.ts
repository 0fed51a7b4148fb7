import { elementBytes, type Values, viewOf } from "../backends/backend.js";
import { referenceBackend } from "../backends/reference.js";
import { wasmBackend } from "../backends/wasm/backend.js";
import { SteepestError, unknownName } from "../errors.js";
import { assignGroups, parameterViews, planArena } from "../optimizer/arena.js";
import type { Optimizer, OptimizerConfig, StateDictionary, StepReport } from "../optimizer/config.js";
import {
  exact,
  expectEqual,
  field,
  metadataKey,
  readDescription,
  readNumber,
} from "../optimizer/description.js";
import { nonFiniteError } from "../optimizer/nonFinite.js";
import type { ParameterSpec } from "../parameter.js";
import { findOptimizer } from "../registry.js";
import type { OptimizerSpec } from "../spec.js";
import type { LineValue } from "./lineFunction.js";
import type { LineSearchMethod } from "./method.js";

/** What a line search's `step` did. */
export interface LineSearchReport extends StepReport {
  /** The loss where the step began. */
  readonly loss: number;
  /** The step size; 0 where no candidate could be accepted or the gradient is zero, and then nothing has moved. */
  readonly stepSize: number;
  /** The step satisfies the method's conditions. */
  readonly satisfied: boolean;
  /** Evaluations of the loss and its gradient. */
  readonly evaluations: number;
}

/**
 * Gradient descent with a line search over its own memory. `step` takes the function that fills the gradients from the parameters as they are and
 * returns the loss; it is called once where the step begins and once a candidate. Afterwards the gradients are those of the last candidate.
 */
export interface LineSearchOptimizer
  extends Pick<
    Optimizer,
    | "parameters"
    | "precision"
    | "memory"
    | "extra"
    | "arenaBytes"
    | "stepCount"
    | "parameter"
    | "gradient"
    | "saveState"
    | "loadState"
  > {
  readonly method: LineSearchMethod;
  readonly hyper: Readonly<Record<string, number>>;
  /**
   * One search.
   * @throws SteepestError `non-finite` where the loss or the gradient is NaN or infinite before the search; whatever `evaluate` throws. Parameters
   *   are then as they were.
   */
  step(evaluate: () => number): LineSearchReport;
  /** As `step`, for a loss that takes time. One call at a time. */
  stepAsync(evaluate: () => Promise<number>): Promise<LineSearchReport>;
}

/** A step under way: it yields when it wants the loss and the gradients at the present parameters. */
type StepRun = Generator<undefined, LineSearchReport, number>;

/** Arrays beside `x` and `g`: the point where a search began and its direction u = −g. */
const slots = ["start", "direction"] as const;

/**
 * Builds an optimizer of kind `lineSearch`, by name.
 * @throws SteepestError for an unknown name or value, an optimizer that has no line search, impossible shapes, or memory that cannot be had
 */
export function createLineSearchOptimizer(
  spec: OptimizerSpec,
  parameters: readonly ParameterSpec[],
  config: Pick<OptimizerConfig, "backend" | "extraBytes"> = {},
): LineSearchOptimizer {
  const entry = findOptimizer(spec.name);
  if (entry.kind !== "lineSearch")
    throw new SteepestError(
      "misuse",
      `${spec.name} updates from one gradient and has no line search`,
      "Use createOptimizer, whose step takes no function",
    );
  const { method } = entry;
  const { hyper } = entry.choose(spec);
  const { extraBytes = 0 } = config;
  const backend = config.backend === "float64" ? referenceBackend : wasmBackend;
  const bytes = elementBytes(backend.precision);
  const memberships = assignGroups(parameters, []);
  const count = memberships[0]?.shape.count ?? 0;
  const plan = planArena(backend, [{ count, scratchBytes: [] }], ["x", "g", ...slots], extraBytes);
  const memory = backend.allocate(plan.bytes);
  const whole = (array: string): Values =>
    viewOf(backend.precision, memory, plan.groups[0]?.arrays[array] ?? 0, count);
  const [x, g, start, direction] = [whole("x"), whole("g"), whole("start"), whole("direction")];
  const views = new Map(
    ["x", "g"].map((array) => [array, parameterViews(backend, memory, memberships, plan, array)] as const),
  );
  const progress: { stepCount: number; lastStep: number | undefined } = { stepCount: 0, lastStep: undefined };

  const moveTo = (step: number): void => {
    for (let i = 0; i < count; i++) x[i] = (start[i] ?? 0) + step * (direction[i] ?? 0);
  };

  function* run(): StepRun {
    const loss = yield undefined;
    checkStart(loss, parameters, views, progress.stepCount + 1);
    start.set(x);
    for (let i = 0; i < count; i++) direction[i] = -(g[i] ?? 0);
    const slope = dot(g, direction);
    const report = { loss, skipped: 0, gradientNorm: Math.sqrt(-slope) };
    if (slope === 0) {
      progress.stepCount++;
      return { ...report, applied: false, stepSize: 0, satisfied: true, evaluations: 1 };
    }
    let evaluations = 1;
    try {
      const search = method.search(hyper, {
        value: loss,
        slope,
        directionSize: largest(direction),
        lastStep: progress.lastStep,
      });
      let part = search.next();
      while (!part.done) {
        moveTo(part.value);
        const value = yield undefined;
        evaluations++;
        const found: LineValue = { value, slope: dot(g, direction) };
        part = search.next(found);
      }
      const { step: stepSize, satisfied } = part.value;
      const applied = stepSize > 0;
      if (applied) moveTo(stepSize);
      else x.set(start);
      progress.stepCount++;
      // After a search that failed the next begins afresh: a last step of 0 would never move again.
      progress.lastStep = applied ? stepSize : undefined;
      return { ...report, applied, stepSize, satisfied, evaluations };
    } catch (error) {
      x.set(start);
      throw error;
    }
  }

  const view = (array: string, name: string): Values => {
    const found = views.get(array)?.get(name);
    if (found === undefined)
      throw unknownName(
        "parameter",
        name,
        parameters.map((parameter) => parameter.name),
      );
    return found;
  };

  return {
    method,
    hyper,
    parameters,
    precision: backend.precision,
    memory: memory.buffer,
    extra: { byteOffset: plan.extra, byteLength: extraBytes },
    arenaBytes: {
      parameters: count * bytes,
      gradients: count * bytes,
      state: count * bytes * slots.length,
      accumulation: 0,
      inputs: 0,
      evaluation: 0,
      extra: extraBytes,
      total: memory.buffer.byteLength,
    },
    get stepCount() {
      return progress.stepCount;
    },
    parameter: (name) => view("x", name),
    gradient: (name) => view("g", name),
    step(evaluate) {
      const running = run();
      let part = running.next();
      while (!part.done) {
        let loss: number;
        try {
          loss = evaluate();
        } catch (error) {
          part = running.throw(error);
          continue;
        }
        part = running.next(loss);
      }
      return part.value;
    },
    async stepAsync(evaluate) {
      const running = run();
      let part = running.next();
      while (!part.done)
        part = await evaluate().then(
          (loss) => running.next(loss),
          (error: unknown) => running.throw(error),
        );
      return part.value;
    },
    saveState: () => ({
      tensors: new Map(),
      metadata: {
        [metadataKey]: JSON.stringify({
          rule: method.name,
          hyper: Object.fromEntries(Object.entries(hyper).map(([name, value]) => [name, exact(value)])),
          step: exact(progress.stepCount),
          lastStep: exact(progress.lastStep ?? Number.NaN),
        }),
      },
    }),
    loadState(state: StateDictionary) {
      const found = readDescription(state);
      expectEqual("rule", method.name, field(found, "rule"));
      const savedHyper = field(found, "hyper");
      for (const [name, value] of Object.entries(hyper))
        expectEqual(name, value, readNumber(name, field(savedHyper, name)));
      const stepCount = readNumber("step", field(found, "step"));
      const lastStep = readNumber("lastStep", field(found, "lastStep"));
      progress.stepCount = stepCount;
      progress.lastStep = Number.isNaN(lastStep) ? undefined : lastStep;
    },
  };
}

function checkStart(
  loss: number,
  parameters: readonly ParameterSpec[],
  views: ReadonlyMap<string, ReadonlyMap<string, Values>>,
  step: number,
): void {
  const fix = "Nothing was changed. Begin at a point where the loss and its gradient are finite";
  if (!Number.isFinite(loss))
    throw new SteepestError("non-finite", `the loss is ${loss} where search ${step} begins`, fix);
  const error = nonFiniteError(parameters, views, false, step, fix);
  if (error !== undefined) throw error;
}

function dot(a: Values, b: Values): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

const largest = (values: Values): number => {
  let size = 0;
  for (const value of values) size = Math.max(size, Math.abs(value));
  return size;
};
