import type { Backend, BackendMemory, BoundProgram, Values } from "../backends/backend.js";
import { evaluateScalar } from "../language/evaluate.js";
import type { OptionValue, Rule, RuleBody } from "../language/rule.js";
import type { ParameterSpec } from "../parameter.js";
import type { Schedule } from "../schedules/schedule.js";
import { assignGroups, parameterViews, planArena } from "./arena.js";
import type { OptimizerConfig } from "./config.js";
import {
  accumulation,
  accumulator,
  gradientHyper,
  gradientLimit,
  gradientTotal,
  transformGradient,
} from "./gradient.js";
import { clearSubnormals } from "./subnormal.js";

/** A group's programs, bound to its part of the arena. */
interface GroupPrograms {
  readonly update: BoundProgram;
  /** `gradientTotal` of the gradient alone. */
  readonly total: BoundProgram;
  /** `gradientTotal` of the gradient with those accumulated before it. */
  readonly accumulatedTotal: BoundProgram;
  /** Adds the gradient to those accumulated before it. */
  readonly accumulate: BoundProgram;
  readonly clearSubnormals: BoundProgram;
}

/** A group at run time. */
export interface RunningGroup extends GroupPrograms {
  readonly parameters: readonly ParameterSpec[];
  readonly schedule: Schedule | undefined;
  /** The hyper-parameters as set by the user, in the order of `hyperNames`. */
  readonly base: Float64Array;
  /** What kernels get: `base` with the scheduled step size, then those of `gradientHyper`. */
  readonly scheduled: Float64Array;
}

/** Everything of an optimizer that is settled when it is built. */
export interface Arrangement {
  readonly rule: Rule;
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly body: RuleBody;
  readonly precision: Backend["precision"];
  readonly accumulate: number;
  readonly hyperNames: readonly string[];
  /** The names of the values that follow the rule's own in `scheduled`. */
  readonly gradientHyperNames: readonly string[];
  readonly groups: readonly RunningGroup[];
  readonly memory: BackendMemory;
  /** By array, then by parameter. */
  readonly views: ReadonlyMap<string, ReadonlyMap<string, Values>>;
  readonly elements: number;
  /** Byte address of the extra room. */
  readonly extra: number;
}

/** A rule with the chosen value of everything that can be chosen. */
export interface ChosenRule {
  readonly rule: Rule;
  readonly hyper: Readonly<Record<string, number>>;
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly body: RuleBody;
}

/** Plans one memory, compiles the rule once, binds it to every group and writes the initial state. */
export function arrange(
  { rule, hyper, options, body }: ChosenRule,
  backend: Backend,
  parameters: readonly ParameterSpec[],
  config: OptimizerConfig,
): Arrangement {
  const { clip = {}, accumulate = 1, extraBytes = 0 } = config;
  const accumulates = accumulate > 1;
  const memberships = assignGroups(parameters, config.groups ?? []);
  const hyperNames = Object.keys(rule.hyper);
  const gradientHyperNames = gradientHyper(accumulates, clip);

  const compile = (compiled: RuleBody, hyperOrder: readonly string[] = []) =>
    backend.compile({ name: rule.name, hyper: hyperOrder, body: compiled });
  const update = compile(transformGradient(body, accumulates, clip), [...hyperNames, ...gradientHyperNames]);
  const total = compile(gradientTotal(false, clip));
  const accumulatedTotal = compile(gradientTotal(accumulates, clip));
  const accumulating = compile(accumulates ? accumulation : { ...accumulation, state: {}, phases: [] });
  const slots = Object.keys(body.state);
  const clearing = compile(clearSubnormals(slots));
  const programs = [update, total, accumulatedTotal, accumulating, clearing];

  const arrays = ["x", "g", ...slots, ...(accumulates ? [accumulator] : [])];
  const plan = planArena(
    backend,
    memberships.map(({ shape }) => ({
      count: shape.count,
      scratchBytes: programs.map((program) => program.scratchBytes(shape)),
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
    const bind = (program: (typeof programs)[number]) =>
      program.bind(memory, shape, { arrays: addresses, scratch: scratches[programs.indexOf(program)] ?? 0 });
    const group = {
      parameters: members,
      schedule: spec.schedule ?? config.schedule,
      base: Float64Array.from(hyperNames, (name) => values[name] ?? Number.NaN),
      scheduled: new Float64Array(hyperNames.length + gradientHyperNames.length),
      update: bind(update),
      total: bind(total),
      accumulatedTotal: bind(accumulatedTotal),
      accumulate: bind(accumulating),
      clearSubnormals: bind(clearing),
    };
    if (clip.value !== undefined) {
      group.scheduled[hyperNames.length + gradientHyperNames.indexOf(gradientLimit)] = clip.value;
    }
    group.update.carried.set(Object.values(body.carried).map((initial) => evaluateScalar(initial, values)));
    for (const [slot, initial] of Object.entries(body.state)) {
      const value = evaluateScalar(initial, values);
      for (const { name } of members) views.get(slot)?.get(name)?.fill(value);
    }
    return group;
  });

  return {
    ...{ rule, options, body, precision: backend.precision, accumulate, hyperNames, gradientHyperNames },
    ...{ groups, memory, views, extra: plan.extra },
    elements: memberships.reduce((sum, { shape }) => sum + shape.count, 0),
  };
}
