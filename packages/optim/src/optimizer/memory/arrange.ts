import {
  type Backend,
  type BackendMemory,
  type BoundProgram,
  elementBytes,
  type PhasedProgram,
  runTogether,
  type Values,
} from "../../backends/backend.js";
import { evaluateScalar } from "../../language/evaluate.js";
import type { OptionValue, Rule, RuleBody, RuleDescription } from "../../language/rule.js";
import type { ParameterSpec } from "../../parameter.js";
import type { Schedule } from "../../schedules/schedule.js";
import { refuseConflict } from "../../values.js";
import { learningRate } from "../checks.js";
import type { OptimizerConfig } from "../config.js";
import { beginningOf, evaluationOf, evaluationWeights } from "../passes/averaging.js";
import {
  accumulation,
  accumulator,
  gradientHyper,
  gradientLimit,
  gradientTotal,
  transformGradient,
} from "../passes/gradient.js";
import { clearSubnormals } from "../passes/subnormal.js";
import { assignGroups, parameterViews, planArena } from "./arena.js";

/** A group's programs, bound to its part of the arena. */
export interface GroupPrograms {
  /** Runs once, before the first update. */
  readonly begin?: BoundProgram;
  readonly update: BoundProgram;
  /** Writes the weights to evaluate with, where the rule averages. */
  readonly evaluate?: BoundProgram;
  /** In place of `update.run` where a part of it takes time. */
  readonly updateAsync?: (step: number, hyper: Float64Array) => Promise<void>;
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
  /** The names of `update.carried`. */
  readonly carriedNames: readonly string[];
  /** The hyper-parameters as set by the user, in the order of `hyperNames`. */
  readonly base: Float64Array;
  /** What kernels get: `base` with the scheduled step size, then those of `gradientHyper`. */
  readonly scheduled: Float64Array;
}

/** A state array of one parameter, and where it lies. */
export interface StateTensor {
  /** "<parameter>/<array>". */
  readonly name: string;
  readonly shape: readonly number[];
  readonly view: Values;
}

/** Everything of an optimizer that is settled when it is built. */
export interface Arrangement {
  readonly rule: RuleDescription;
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly precision: Backend["precision"];
  readonly accumulate: number;
  readonly hyperNames: readonly string[];
  /** The names of the values that follow the rule's own in `scheduled`. */
  readonly gradientHyperNames: readonly string[];
  /** The hyper-parameters that schedules multiply. */
  readonly learningRates: readonly string[];
  /** Hyper-parameters that decide the shapes of state, so that they cannot change any more. */
  readonly structural: readonly string[];
  readonly groups: readonly RunningGroup[];
  readonly memory: BackendMemory;
  /** By array, then by parameter. */
  readonly views: ReadonlyMap<string, ReadonlyMap<string, Values>>;
  /** In place of every group's `update.run` where sums go over all groups. */
  readonly updateTogether?: (step: number) => void;
  /** Parameters whose squared gradients are summed in the optimizer's own precision. */
  readonly squared: readonly ParameterSpec[];
  /** The arrays that the caller fills beside the gradients. */
  readonly inputs: readonly string[];
  /** Everything that is saved; views of the arena. */
  readonly stateTensors: readonly StateTensor[];
  readonly stateBytes: number;
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
  const compileSome = (some: RuleBody | undefined, hyperOrder: readonly string[]) =>
    some && compile(some, hyperOrder);
  const transformed = transformGradient(body, accumulates, clip);
  const allHyper = [...hyperNames, ...gradientHyperNames];
  const update = compile(transformed, allHyper);
  const beginning = compileSome(beginningOf(transformed), allHyper);
  const evaluation = compileSome(evaluationOf(body), allHyper);
  const total = compile(gradientTotal(false, clip.globalNorm !== undefined));
  const accumulatedTotal = compile(gradientTotal(accumulates, clip.globalNorm !== undefined));
  const accumulating = compile(accumulates ? accumulation : { ...accumulation, state: {}, phases: [] });
  const slots = Object.keys(body.state);
  const inputs = body.inputs ?? [];
  const ownCarried = body.carriedPerParameter ?? {};
  const clearing = compile(clearSubnormals(slots));
  const programs = [update, beginning, evaluation, total, accumulatedTotal, accumulating, clearing].filter(
    (program) => program !== undefined,
  );

  const saved = [...slots, ...(accumulates ? [accumulator] : [])];
  const arrays = ["x", "g", ...inputs, ...saved, ...(evaluation ? [evaluationWeights] : [])];
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

  const updates: PhasedProgram[] = [];
  const groups = memberships.map(({ spec, parameters: members, shape }, index): RunningGroup => {
    const values = { ...hyper, ...spec.hyper };
    refuseConflict(rule, { hyper: values, options });
    const { arrays: addresses = {}, scratches = [] } = plan.groups[index] ?? {};
    const bind = (program: (typeof programs)[number]) =>
      program.bind(memory, shape, { arrays: addresses, scratch: scratches[programs.indexOf(program)] ?? 0 });
    const updating = bind(update);
    updates.push(updating);
    const group = {
      parameters: members,
      schedule: spec.schedule ?? config.schedule,
      carriedNames: [
        ...Object.keys(body.carried),
        ...members.flatMap(({ name }) => Object.keys(ownCarried).map((own) => `${name}/${own}`)),
      ],
      base: Float64Array.from(hyperNames, (name) => values[name] ?? Number.NaN),
      scheduled: new Float64Array(hyperNames.length + gradientHyperNames.length),
      update: updating,
      ...(beginning && { begin: bind(beginning) }),
      ...(evaluation && { evaluate: bind(evaluation) }),
      total: bind(total),
      accumulatedTotal: bind(accumulatedTotal),
      accumulate: bind(accumulating),
      clearSubnormals: bind(clearing),
    };
    if (clip.value !== undefined) {
      group.scheduled[hyperNames.length + gradientHyperNames.indexOf(gradientLimit)] = clip.value;
    }
    const initials = [...Object.values(body.carried), ...members.flatMap(() => Object.values(ownCarried))];
    group.update.carried.set(initials.map((initial) => evaluateScalar(initial, values)));
    for (const [slot, initial] of Object.entries(body.state)) {
      const value = evaluateScalar(initial, values);
      for (const { name } of members) views.get(slot)?.get(name)?.fill(value);
    }
    return group;
  });

  const elements = memberships.reduce((sum, { shape }) => sum + shape.count, 0);
  const sumsOverAll = body.phases.some(({ reduce }) =>
    Object.values(reduce).some(({ over }) => over === "all"),
  );
  return {
    ...(sumsOverAll
      ? {
          updateTogether: runTogether(
            transformed,
            updates,
            groups.map(({ scheduled }) => scheduled),
          ),
        }
      : {}),
    inputs,
    ...{ rule, options, precision: backend.precision, accumulate, hyperNames, gradientHyperNames },
    ...{ groups, memory, views, extra: plan.extra, elements, structural: [], squared: [] },
    learningRates: hyperNames.filter((name) => name === learningRate),
    stateTensors: memberships.flatMap(({ parameters: members }) =>
      members.flatMap((member) => elementwiseState(member, views, saved)),
    ),
    stateBytes: elements * slots.length * elementBytes(backend.precision),
  };
}

/** A parameter's state arrays that have its shape. */
export const elementwiseState = (
  { name, shape }: ParameterSpec,
  views: Arrangement["views"],
  arrays: readonly string[],
): readonly StateTensor[] =>
  arrays.flatMap((array) => {
    const view = views.get(array)?.get(name);
    return view === undefined ? [] : [{ name: `${name}/${array}`, shape, view }];
  });
