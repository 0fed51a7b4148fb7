import {
  type Backend,
  type BackendMemory,
  type BoundProgram,
  type CompiledProgram,
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
import type { ArenaBytes, OptimizerConfig } from "../config.js";
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
import {
  type ArenaPlan,
  assignGroups,
  type Membership,
  parameterViews,
  planArena,
  plannedBytes,
} from "./arena.js";

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
  readonly bytes: ArenaBytes;
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

/** A rule's programs and where everything will lie, before there is a memory. */
interface RulePlan {
  readonly memberships: readonly Membership[];
  readonly transformed: RuleBody;
  readonly hyperNames: readonly string[];
  readonly gradientHyperNames: readonly string[];
  readonly programs: RulePrograms;
  /** In the order of each group's `scratches`. */
  readonly scratched: readonly CompiledProgram[];
  readonly slots: readonly string[];
  /** What is saved: the slots, and the buffer that averages gradients. */
  readonly saved: readonly string[];
  /** Every array that has one element for each of the parameters'. */
  readonly arrays: readonly string[];
  readonly arena: ArenaPlan;
  readonly bytes: ArenaBytes;
}

interface RulePrograms {
  readonly update: CompiledProgram;
  readonly beginning: CompiledProgram | undefined;
  readonly evaluation: CompiledProgram | undefined;
  readonly total: CompiledProgram;
  readonly accumulatedTotal: CompiledProgram;
  readonly accumulating: CompiledProgram;
  readonly clearing: CompiledProgram;
}

function planRule(
  { rule, body }: ChosenRule,
  backend: Backend,
  parameters: readonly ParameterSpec[],
  config: OptimizerConfig,
): RulePlan {
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
  const slots = Object.keys(body.state);
  const programs: RulePrograms = {
    update: compile(transformed, allHyper),
    beginning: compileSome(beginningOf(transformed), allHyper),
    evaluation: compileSome(evaluationOf(body), allHyper),
    total: compile(gradientTotal(false, clip.globalNorm !== undefined)),
    accumulatedTotal: compile(gradientTotal(accumulates, clip.globalNorm !== undefined)),
    accumulating: compile(accumulates ? accumulation : { ...accumulation, state: {}, phases: [] }),
    clearing: compile(clearSubnormals(slots)),
  };
  const scratched = Object.values(programs).filter((program) => program !== undefined);

  const evaluates = programs.evaluation !== undefined;
  const inputs = body.inputs ?? [];
  const saved = [...slots, ...(accumulates ? [accumulator] : [])];
  const arrays = ["x", "g", ...inputs, ...saved, ...(evaluates ? [evaluationWeights] : [])];
  const arena = planArena(
    backend,
    memberships.map(({ shape }) => ({
      count: shape.count,
      scratchBytes: scratched.map((program) => program.scratchBytes(shape)),
    })),
    arrays,
    extraBytes,
  );
  const elements = memberships.reduce((sum, { shape }) => sum + shape.count, 0);
  const bytes = plannedBytes(backend, {
    ...{ elements, accumulates, evaluates, extraBytes, inputs: inputs.length },
    stateElements: elements * slots.length,
    planned: arena.bytes,
  });
  return {
    ...{ memberships, transformed, hyperNames, gradientHyperNames, programs, scratched },
    ...{ slots, saved, arrays, arena, bytes },
  };
}

/** The bytes that `arrange` allocates for the same arguments, by use; nothing is allocated. */
export const ruleArenaBytes = (...args: Parameters<typeof planRule>): ArenaBytes => planRule(...args).bytes;

/** Plans one memory, compiles the rule once, binds it to every group and writes the initial state. */
export function arrange(
  chosen: ChosenRule,
  backend: Backend,
  parameters: readonly ParameterSpec[],
  config: OptimizerConfig,
): Arrangement {
  const { rule, hyper, options, body } = chosen;
  const { clip = {}, accumulate = 1 } = config;
  const planned = planRule(chosen, backend, parameters, config);
  const { memberships, transformed, hyperNames, gradientHyperNames, programs, scratched } = planned;
  const { saved, arrays, arena } = planned;
  const { update, beginning, evaluation, total, accumulatedTotal, accumulating, clearing } = programs;
  const ownCarried = body.carriedPerParameter ?? {};
  const memory = backend.allocate(arena.bytes);
  const views = new Map(
    arrays.map((array) => [array, parameterViews(backend, memory, memberships, arena, array)] as const),
  );

  const updates: PhasedProgram[] = [];
  const groups = memberships.map(({ spec, parameters: members, shape }, index): RunningGroup => {
    const values = { ...hyper, ...spec.hyper };
    refuseConflict(rule, { hyper: values, options });
    const { arrays: addresses = {}, scratches = [] } = arena.groups[index] ?? {};
    const bind = (program: CompiledProgram) =>
      program.bind(memory, shape, { arrays: addresses, scratch: scratches[scratched.indexOf(program)] ?? 0 });
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
    inputs: body.inputs ?? [],
    ...{ rule, options, precision: backend.precision, accumulate, hyperNames, gradientHyperNames },
    ...{ groups, memory, views, extra: arena.extra, bytes: planned.bytes, structural: [], squared: [] },
    learningRates: hyperNames.filter((name) => name === learningRate),
    stateTensors: memberships.flatMap(({ parameters: members }) =>
      members.flatMap((member) => elementwiseState(member, views, saved)),
    ),
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
