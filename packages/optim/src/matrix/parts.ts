import {
  type Backend,
  type BackendMemory,
  type BoundProgram,
  type CompiledProgram,
  elementBytes,
  type GroupShape,
  type Values,
} from "../backends/backend.js";
import { moveDescriptorBytes } from "../backends/moves.js";
import { evaluateScalar } from "../language/evaluate.js";
import { toExpression, variable } from "../language/expression.js";
import type { RuleBody } from "../language/rule.js";
import type { LinearAlgebra } from "../linearAlgebra/linearAlgebra.js";
import type { OptimizerConfig } from "../optimizer/config.js";
import {
  type Addresses,
  type ArenaPlan,
  type Membership,
  parameterViews,
} from "../optimizer/memory/arena.js";
import type { RunningGroup, StateTensor } from "../optimizer/memory/arrange.js";
import {
  accumulation,
  accumulator,
  gradientHyper,
  gradientLimit,
  gradientTotal,
  transformGradient,
} from "../optimizer/passes/gradient.js";
import { clearSubnormals } from "../optimizer/passes/subnormal.js";
import type { ChosenValues } from "../values.js";
import type { MatrixRule } from "./matrixRule.js";
import { initialise, Room } from "./room.js";
import { asynchronous, synchronous } from "./stages.js";

/*
 * A group of parameters has up to two parts: those that the matrix rule takes, and the rest, which its
 * companion updates. Each part is planned, which gives its arrays addresses, and bound once the memory is
 * there. Averaging, clipping, norms and the clearing of subnormal numbers are the same compiled programs as
 * for element rules.
 */

/**
 * The averaged and clipped gradient, where it is not the gradient itself. Its name cannot clash: no rule may
 * use a hyphen.
 */
const effectiveGradient = "effective-gradient";

/** What the parts of one optimizer share. */
export interface PartContext {
  readonly rule: MatrixRule;
  readonly options: ChosenValues["options"];
  readonly backend: Backend;
  readonly config: OptimizerConfig;
  /** The rule's own, then those by which gradients are averaged and clipped. */
  readonly hyperNames: readonly string[];
}

/** The parameters of a part, and its group's hyper-parameters. */
export interface Part extends Membership {
  readonly values: Readonly<Record<string, number>>;
}

/** An array that is reached by name. */
export interface NamedView {
  readonly array: string;
  readonly parameter: string;
  readonly view: Values;
}

export interface BoundPart {
  readonly group: RunningGroup;
  readonly views: readonly NamedView[];
  /** Everything that is saved. */
  readonly state: readonly StateTensor[];
}

export interface PlannedPart {
  /** Elements of state, without the buffer that averages gradients. */
  readonly stateElements: number;
  bind(memory: BackendMemory, algebra: LinearAlgebra): BoundPart;
}

/** The rest: the companion's body in one compiled program. */
export function planRest(
  context: PartContext,
  part: Part,
  companion: RuleBody,
  space: Addresses,
): PlannedPart {
  const { config, hyperNames } = context;
  const slots = Object.keys(companion.state);
  const transformed = transformGradient(companion, accumulates(config), config.clip ?? {});
  const arrays = planArrays(context, part, slots, space);
  const common = planCommon(context, part, arrays, space);
  const update = planProgram(context, transformed, part.shape, arrays, space, hyperNames);
  const clear = planProgram(context, clearSubnormals(slots), part.shape, arrays, space);
  return {
    stateElements: part.shape.count * slots.length,
    bind(memory) {
      const views = arrayViews(context, part, arrays, memory);
      const bound = update(memory);
      bound.carried.set(
        Object.values(companion.carried).map((initial) => evaluateScalar(initial, part.values)),
      );
      for (const { array, view } of views) {
        const initial = companion.state[array];
        if (initial !== undefined) view.fill(evaluateScalar(initial, part.values));
      }
      return {
        group: {
          ...common(memory),
          carriedNames: Object.keys(companion.carried),
          update: bound,
          clearSubnormals: clear(memory),
        },
        views,
        state: elementwiseTensors(part, views, [...slots, accumulator]),
      };
    },
  };
}

/** What the matrix rule takes: its stages, after the gradient has been averaged and clipped. */
export function planMatrices(context: PartContext, part: Part, space: Addresses): PlannedPart {
  const { rule, options, backend, config, hyperNames } = context;
  const { precision } = backend;
  const transforms = gradientHyper(accumulates(config), config.clip ?? {}).length > 0;
  const arrays = planArrays(context, part, transforms ? [effectiveGradient] : [], space);
  const common = planCommon(context, part, arrays, space);
  const copy = transformGradient(copyGradient, accumulates(config), config.clip ?? {});
  const transform = planProgram(context, copy, part.shape, arrays, space, hyperNames);

  const room = new Room();
  const declared = part.parameters.map((parameter) => room.declare(parameter));
  const bindRule = rule.plan(declared, { hyper: part.values, options, ...room.tools });
  const { start, end } = room.layOut(space, precision);
  const stateCount = (end - start) / elementBytes(precision);
  const names = Object.keys(rule.hyper);
  const bindElementwise = room.elementwise.plan(backend, rule.name, names, space);
  const moveDescriptor = space.take(moveDescriptorBytes);
  const whole = { count: stateCount, spans: [{ offset: 0, count: stateCount }] };
  const clear = planProgram(
    context,
    clearSubnormals(["state"]),
    whole,
    { x: start, g: start, state: start },
    space,
  );

  for (const [index, { x, g }] of declared.entries()) {
    const offset = (part.shape.spans[index]?.offset ?? 0) * elementBytes(precision);
    room.locate(x, (arrays.x ?? 0) + offset);
    room.locate(g, (arrays[transforms ? effectiveGradient : "g"] ?? 0) + offset);
  }
  return {
    stateElements: room.stateElements,
    bind(memory, algebra) {
      const elementwise = arrayViews(context, part, arrays, memory);
      const states = room.states.map(({ parameter, slot, place, initial }) => {
        const view = room.view(place, precision, memory);
        initialise(view, place, initial);
        return { parameter: parameter.name, array: slot, view, shape: place.shape };
      });
      const hyper: Record<string, number> = { ...part.values };
      const stages = bindRule({
        ...{ algebra, hyper, view: (place) => room.view(place, precision, memory) },
        move: (moves) => backend.moves(memory, moveDescriptor, moves),
      });
      const prepare = transforms ? transform(memory) : undefined;
      const handOver = bindElementwise(memory, (place) => room.address(place, precision));
      const begin = (step: number, handed: Float64Array): void => {
        for (let i = 0; i < names.length; i++) hyper[names[i] ?? ""] = handed[i] ?? Number.NaN;
        handOver(handed);
        prepare?.run(step, handed);
      };
      return {
        group: {
          ...common(memory),
          carriedNames: [],
          update: synchronous(begin, stages),
          ...(algebra.synchronous ? {} : { updateAsync: asynchronous(begin, stages) }),
          clearSubnormals: clear(memory),
        },
        views: [...elementwise, ...states],
        state: [
          ...states.map(({ parameter, array, shape, view }) => ({
            name: `${parameter}/${array}`,
            shape,
            view,
          })),
          ...elementwiseTensors(part, elementwise, [accumulator]),
        ],
      };
    },
  };
}

const accumulates = ({ accumulate = 1 }: OptimizerConfig): boolean => accumulate > 1;

const copyGradient: RuleBody = {
  state: { [effectiveGradient]: toExpression(0) },
  carried: {},
  phases: [{ scalars: {}, assign: { [effectiveGradient]: variable("element", "g") }, reduce: {}, carry: {} }],
};

type ArrayAddresses = Readonly<Record<string, number>>;

/** Addresses of the arrays that have one element for each of the parameters'. */
function planArrays(
  { backend, config }: PartContext,
  { shape }: Part,
  slots: readonly string[],
  space: Addresses,
): ArrayAddresses {
  const bytes = shape.count * elementBytes(backend.precision);
  const names = ["x", "g", ...slots, ...(accumulates(config) ? [accumulator] : [])];
  return Object.fromEntries(names.map((name) => [name, space.take(bytes)]));
}

/** Compiles a body and reserves its scratch. */
function planProgram(
  { backend, rule }: PartContext,
  body: RuleBody,
  shape: GroupShape,
  arrays: ArrayAddresses,
  space: Addresses,
  hyper: readonly string[] = [],
): (memory: BackendMemory) => BoundProgram {
  const program: CompiledProgram = backend.compile({ name: rule.name, hyper, body });
  const scratch = space.take(program.scratchBytes(shape));
  return (memory) => program.bind(memory, shape, { arrays, scratch });
}

/** What both parts of a group have. */
function planCommon(context: PartContext, part: Part, arrays: ArrayAddresses, space: Addresses) {
  const { config, hyperNames, rule } = context;
  const plan = (body: RuleBody) => planProgram(context, body, part.shape, arrays, space);
  const squares = rule.squaresGradients || config.clip?.globalNorm !== undefined;
  const total = plan(gradientTotal(false, squares));
  const accumulatedTotal = plan(gradientTotal(accumulates(config), squares));
  const accumulate = plan(accumulates(config) ? accumulation : { ...accumulation, state: {}, phases: [] });
  return (memory: BackendMemory) => {
    const scheduled = new Float64Array(hyperNames.length);
    const limit = config.clip?.value;
    if (limit !== undefined) scheduled[hyperNames.indexOf(gradientLimit)] = limit;
    return {
      parameters: part.parameters,
      schedule: part.spec.schedule ?? config.schedule,
      base: Float64Array.from(Object.keys(rule.hyper), (name) => part.values[name] ?? Number.NaN),
      scheduled,
      total: total(memory),
      accumulatedTotal: accumulatedTotal(memory),
      accumulate: accumulate(memory),
    };
  };
}

function arrayViews(
  { backend }: PartContext,
  part: Part,
  arrays: ArrayAddresses,
  memory: BackendMemory,
): readonly NamedView[] {
  const plan: ArenaPlan = { groups: [{ arrays, scratches: [] }], extra: 0, bytes: 0 };
  return Object.keys(arrays)
    .filter((array) => array !== effectiveGradient)
    .flatMap((array) =>
      [...parameterViews(backend, memory, [part], plan, array)].map(([parameter, view]) => ({
        ...{ array, parameter, view },
      })),
    );
}

/** State that has its parameters' shapes. */
const elementwiseTensors = (
  { parameters }: Part,
  views: readonly NamedView[],
  arrays: readonly string[],
): readonly StateTensor[] =>
  parameters.flatMap(({ name, shape }) =>
    views.flatMap(({ array, parameter, view }) =>
      parameter === name && arrays.includes(array) ? [{ name: `${name}/${array}`, shape, view }] : [],
    ),
  );
