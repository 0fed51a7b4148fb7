import { type Backend, type BoundProgram, elementBytes, type Values } from "../backends/backend.js";
import { referenceBackend } from "../backends/reference.js";
import { wasmBackend } from "../backends/wasm/backend.js";
import { SteepestError, unknownName } from "../errors.js";
import { evaluateScalar } from "../language/evaluate.js";
import { checkHyper } from "../language/hyper.js";
import type { Rule } from "../language/rule.js";
import type { ParameterSpec } from "../parameter.js";
import type { Schedule } from "../schedules/schedule.js";
import { chooseBody } from "../values.js";
import { assignGroups, parameterViews, planArena } from "./arena.js";
import type { ClipSpec, NonFinitePolicy, Optimizer, OptimizerConfig, RuleChoice } from "./config.js";
import {
  accumulation,
  accumulator,
  gradientHyper,
  gradientLimit,
  gradientScale,
  squaredNorm,
  transformGradient,
} from "./gradient.js";
import { nonFiniteError } from "./nonFinite.js";
import { loadState, saveState } from "./state.js";

/** The hyper-parameter that schedules multiply. */
const learningRate = "lr";

/** A group at run time: its programs bound to the arena, its hyper-parameters as they are handed to kernels. */
export interface RunningGroup {
  readonly parameters: readonly ParameterSpec[];
  readonly schedule: Schedule | undefined;
  /** The values set by the user, in the order of `rule.hyper`. */
  readonly base: Float64Array;
  /** What the kernels get: `base` with the scheduled step size, then the gradient's scale and limit. */
  readonly scheduled: Float64Array;
  readonly update: BoundProgram;
  /** ‖g‖² of this gradient; of the accumulated one. */
  readonly norm: BoundProgram;
  readonly accumulatedNorm: BoundProgram;
  readonly accumulate: BoundProgram;
}

/** Counters that change from step to step. */
export interface Progress {
  stepCount: number;
  /** Gradients accumulated since the last update. */
  pending: number;
  skipped: number;
}

const backends: Readonly<Record<"wasm" | "float64", Backend>> = {
  wasm: wasmBackend,
  float64: referenceBackend,
};

/**
 * Builds an optimizer from a rule: plans one memory, compiles the rule once, binds it to every group.
 *
 * @throws SteepestError for unknown names, values out of range, impossible shapes, or memory that cannot be had
 */
export function createRuleOptimizer(
  choice: RuleChoice,
  parameters: readonly ParameterSpec[],
  config: OptimizerConfig = {},
): Optimizer {
  const { rule } = choice;
  const { hyper, options, body } = chooseBody(rule, choice);
  const { clip = {}, accumulate = 1, nonFinite = "throw", extraBytes = 0 } = config;
  checkConfig(rule, config);
  const backend = backends[config.backend ?? "wasm"];
  const accumulates = accumulate > 1;
  const memberships = assignGroups(parameters, config.groups ?? []);
  const hyperNames = Object.keys(rule.hyper);
  const slots = Object.keys(body.state);
  const transformed = transformGradient(body, accumulates, clip);
  const extraHyper = gradientHyper(accumulates, clip);

  const compile = (compiledBody: typeof body, hyperOrder: readonly string[] = []) =>
    backend.compile({ name: rule.name, hyper: hyperOrder, body: compiledBody });
  const programs = {
    update: compile(transformed, [...hyperNames, ...extraHyper]),
    norm: compile(squaredNorm(false)),
    accumulatedNorm: compile(squaredNorm(accumulates)),
    accumulate: compile(accumulates ? accumulation : { state: {}, carried: {}, phases: [] }),
  };
  const arrays = ["x", "g", ...slots, ...(accumulates ? [accumulator] : [])];
  const plan = planArena(
    backend,
    memberships.map(({ shape }) => ({
      count: shape.count,
      scratchBytes: Object.values(programs).map((program) => program.scratchBytes(shape)),
    })),
    arrays,
    extraBytes,
  );
  const memory = backend.allocate(plan.bytes);
  const views = new Map(
    arrays.map((array) => [array, parameterViews(backend, memory, memberships, plan, array)] as const),
  );

  const groups = memberships.map(({ spec, parameters: members, shape }, index): RunningGroup => {
    const values = { ...hyper, ...spec.hyper };
    const { arrays: addresses = {}, scratches = [] } = plan.groups[index] ?? {};
    const bind = (program: keyof typeof programs) =>
      programs[program].bind(memory, shape, {
        arrays: addresses,
        scratch: scratches[Object.keys(programs).indexOf(program)] ?? 0,
      });
    const update = bind("update");
    update.carried.set(Object.values(body.carried).map((initial) => evaluateScalar(initial, values)));
    for (const [slot, initial] of Object.entries(body.state)) {
      const value = evaluateScalar(initial, values);
      for (const { name } of members) views.get(slot)?.get(name)?.fill(value);
    }
    const base = Float64Array.from(hyperNames, (name) => values[name] ?? Number.NaN);
    const scheduled = Float64Array.from([...base, ...extraHyper.map(() => 1)]);
    if (clip.value !== undefined) {
      scheduled[hyperNames.length + extraHyper.indexOf(gradientLimit)] = clip.value;
    }
    return {
      parameters: members,
      schedule: spec.schedule ?? config.schedule,
      base,
      scheduled,
      update,
      norm: bind("norm"),
      accumulatedNorm: bind("accumulatedNorm"),
      accumulate: bind("accumulate"),
    };
  });

  const lrIndex = hyperNames.indexOf(learningRate);
  const scaleIndex = extraHyper.includes(gradientScale) ? hyperNames.length : -1;
  const progress: Progress = { stepCount: 0, pending: 0, skipped: 0 };
  const report: { applied: boolean; skipped: number; gradientNorm: number | undefined } = {
    applied: false,
    skipped: 0,
    gradientNorm: undefined,
  };
  const needsNorm = clip.globalNorm !== undefined || nonFinite !== "ignore";
  const persistent = {
    rule,
    options,
    precision: backend.precision,
    accumulate,
    hyperNames,
    body,
    groups,
    progress,
    views,
  };

  const view = (array: string, kind: string, name: string): Values => {
    const found = views.get(array)?.get(name);
    if (found === undefined) {
      throw unknownName(
        kind,
        name,
        parameters.map((parameter) => parameter.name),
      );
    }
    return found;
  };
  const finish = (applied: boolean, gradientNorm: number | undefined) => {
    report.applied = applied;
    report.skipped = progress.skipped;
    report.gradientNorm = gradientNorm;
    return report;
  };

  const norm = (accumulated: boolean): number => {
    let squares = 0;
    for (const group of groups) {
      const program = accumulated ? group.accumulatedNorm : group.norm;
      program.run(progress.stepCount + 1, group.scheduled);
      squares += program.groupSums[0] ?? Number.NaN;
    }
    return Math.sqrt(squares);
  };

  const count = elementTotal(memberships.map(({ shape }) => shape.count));
  const bytes = elementBytes(backend.precision);
  return {
    rule,
    options,
    parameters,
    precision: backend.precision,
    memory: memory.buffer,
    extra: { byteOffset: plan.extra, byteLength: extraBytes },
    arenaBytes: {
      parameters: count * bytes,
      gradients: count * bytes,
      state: count * bytes * slots.length,
      accumulation: accumulates ? count * bytes : 0,
      extra: extraBytes,
      total: memory.buffer.byteLength,
    },
    get groups() {
      return groups.map(({ parameters: members, base }) => ({
        parameters: members.map(({ name }) => name),
        hyper: Object.fromEntries(hyperNames.map((name, index) => [name, base[index] ?? Number.NaN])),
      }));
    },
    get stepCount() {
      return progress.stepCount;
    },
    parameter: (name) => view("x", "parameter", name),
    gradient: (name) => view("g", "parameter", name),
    state(name, slot) {
      if (!slots.includes(slot)) throw unknownName(`state slot of ${rule.name}`, slot, slots);
      return view(slot, "parameter", name);
    },
    step() {
      const updates = progress.pending + 1 >= accumulate;
      const inspected = updates && accumulates && progress.pending > 0;
      const averaged = updates ? accumulate : 1;
      const gradientNorm = needsNorm ? norm(inspected) / averaged : undefined;
      if (gradientNorm !== undefined && nonFinite !== "ignore" && !Number.isFinite(gradientNorm)) {
        const error = nonFiniteError(parameters, views, accumulates, progress.stepCount + 1);
        if (error !== undefined) {
          if (nonFinite === "throw") throw error;
          progress.skipped++;
          return finish(false, gradientNorm);
        }
      }
      if (!updates) {
        for (const group of groups) group.accumulate.run(progress.stepCount + 1, group.scheduled);
        progress.pending++;
        return finish(false, gradientNorm);
      }
      const step = progress.stepCount + 1;
      const scale = clipFactor(clip, gradientNorm) / accumulate;
      for (const group of groups) {
        group.scheduled.set(group.base);
        if (group.schedule !== undefined && lrIndex >= 0) {
          group.scheduled[lrIndex] =
            (group.base[lrIndex] ?? Number.NaN) * scheduledFactor(group.schedule, step);
        }
        if (scaleIndex >= 0) group.scheduled[scaleIndex] = scale;
      }
      for (const group of groups) group.update.run(step, group.scheduled);
      progress.stepCount = step;
      progress.pending = 0;
      return finish(true, gradientNorm);
    },
    setHyper(name, value, group) {
      checkHypers(rule, { [name]: value });
      if (group !== undefined && groups[group] === undefined) {
        throw new SteepestError(
          "invalid-value",
          `there is no group ${group}`,
          `Groups are 0 to ${groups.length - 1}`,
        );
      }
      groups.forEach(({ base }, index) => {
        if (group === undefined || group === index) base[hyperNames.indexOf(name)] = value;
      });
    },
    saveState: () => saveState(persistent),
    loadState: (state) => loadState(persistent, state),
  };
}

const elementTotal = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

/** min(1, c/(‖g‖ + 1e-6)). */
const clipFactor = ({ globalNorm }: ClipSpec, gradientNorm: number | undefined): number =>
  globalNorm === undefined || gradientNorm === undefined
    ? 1
    : Math.min(1, globalNorm / (gradientNorm + 1e-6));

function scheduledFactor(schedule: Schedule, step: number): number {
  const factor = schedule(step);
  if (!(Number.isFinite(factor) && factor >= 0)) {
    throw new SteepestError(
      "invalid-value",
      `the schedule gives ${factor} at step ${step}`,
      "A schedule's factor must be finite and >= 0; nothing was changed",
    );
  }
  return factor;
}

/** @throws SteepestError where a name is unknown or a value out of its range */
function checkHypers(rule: Rule, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    const spec = rule.hyper[name];
    if (spec === undefined)
      throw unknownName(`hyper-parameter of ${rule.name}`, name, Object.keys(rule.hyper));
    checkHyper(rule.name, name, spec, value);
  }
}

const policies: readonly NonFinitePolicy[] = ["throw", "skip", "ignore"];

function checkConfig(rule: Rule, config: OptimizerConfig): void {
  const invalid = (what: string, found: unknown, expected: string) =>
    new SteepestError("invalid-value", `${what} is ${String(found)}`, `Expected ${expected}`);
  const {
    accumulate = 1,
    clip = {},
    nonFinite = "throw",
    extraBytes = 0,
    groups = [],
    backend = "wasm",
  } = config;
  if (!Number.isSafeInteger(accumulate) || accumulate < 1) {
    throw invalid("accumulate", accumulate, "a number of gradients: an integer >= 1");
  }
  for (const [name, limit] of Object.entries(clip)) {
    if (!(limit > 0)) throw invalid(`clip.${name}`, limit, "a number > 0, or leave it out");
  }
  if (!policies.includes(nonFinite)) throw unknownName("policy nonFinite", nonFinite, policies);
  if (!(backend in backends)) throw unknownName("backend", backend, Object.keys(backends));
  if (!Number.isSafeInteger(extraBytes) || extraBytes < 0) {
    throw invalid("extraBytes", extraBytes, "an integer >= 0");
  }
  for (const group of groups) checkHypers(rule, group.hyper ?? {});
  const scheduled = config.schedule !== undefined || groups.some(({ schedule }) => schedule !== undefined);
  if (scheduled && rule.hyper[learningRate] === undefined) {
    throw new SteepestError(
      "misuse",
      `${rule.name} has no step size ${learningRate} for a schedule to multiply`,
      "Leave the schedule out",
    );
  }
}
