import { type Values, viewOf } from "../backends/backend.js";
import { SteepestError, unknownName } from "../errors.js";
import type { OptionValue } from "../language/rule.js";
import { learningRate, scheduledFactor } from "../optimizer/checks.js";
import type { OptimizerConfig, StateDictionary } from "../optimizer/config.js";
import { assignGroups, parameterViews, planArena, plannedBytes } from "../optimizer/memory/arena.js";
import { checkLoss, nonFiniteError } from "../optimizer/nonFinite.js";
import { backendOf } from "../optimizer/optimizer.js";
import {
  exact,
  expectEqual,
  field,
  metadataKey,
  readDescription,
  readNumber,
} from "../optimizer/state/description.js";
import { readCounter, readTensor, tensorOf } from "../optimizer/state/state.js";
import type { ParameterSpec } from "../parameter.js";
import { type ChosenValues, chooseValues, refuseConflict, refuseIdle } from "../values.js";
import type { ClosureMethod, SteppedOptimizer, StepRun } from "./method.js";

/** What a descent has at hand: all parameters as one vector. */
export interface DescentMemory {
  readonly x: Values;
  readonly g: Values;
  /** A further vector. */
  vector(name: string): Values;
  /** Numbers that persist from step to step. */
  readonly numbers: Record<string, number>;
  /**
   * @throws SteepestError `non-finite` where the loss or an element of `g` is not finite; `place` says where
   * that was
   */
  checkFinite(loss: number, place: string): void;
}

/** What a descent keeps. */
export interface DescentState {
  /** Vectors that persist from step to step. */
  readonly saved: readonly string[];
  /** Vectors that a step may write as it likes. */
  readonly scratch: readonly string[];
  /** Numbers that persist from step to step, and what they are before the first. */
  readonly numbers: Readonly<Record<string, number>>;
}

/** A method that moves all parameters together along directions of its own. */
export interface Descent {
  readonly state: DescentState;
  /** Makes one step; `hyper` has the step size as scheduled. */
  readonly step: (memory: DescentMemory, hyper: Readonly<Record<string, number>>) => StepRun;
}

type Numbers<Hyper> = Readonly<Record<keyof Hyper, number>>;
type Forms = Readonly<Record<string, OptionValue>>;

/** A descent as it is written down. */
export interface DescentDeclaration<Hyper extends ClosureMethod["hyper"]>
  extends Pick<ClosureMethod, "name" | "title" | "summary" | "cite"> {
  readonly hyper: Hyper;
  readonly options?: ClosureMethod["options"];
  readonly presets?: ClosureMethod["presets"];
  readonly latex: readonly string[];
  readonly plainFormula: readonly string[];
  /** What the hyper-parameters must satisfy together, where they do not. */
  readonly conflict?: (hyper: Numbers<Hyper>) => string | undefined;
  /** The hyper-parameters that have no effect under these options. */
  readonly idle?: (options: Forms) => readonly (keyof Hyper)[];
  readonly state: (hyper: Numbers<Hyper>) => DescentState;
  readonly step: (memory: DescentMemory, hyper: Numbers<Hyper>, options: Forms) => StepRun;
}

/**
 * Declares a method with typed hyper-parameters; they are complete and checked when its functions are called.
 */
export function defineDescent<const Hyper extends ClosureMethod["hyper"]>(
  declaration: DescentDeclaration<Hyper>,
): ClosureMethod {
  const { name, title, summary, cite, hyper, options = {}, presets = {}, conflict } = declaration;
  const choices = { name, hyper, options, presets };
  const complete = (values: Readonly<Record<string, number>>): Numbers<Hyper> =>
    // `chooseValues` gives every declared name, and only these.
    values as Numbers<Hyper>;
  const method: ClosureMethod = {
    ...{ ...choices, title, summary, cite, adaptive: false },
    ...(conflict === undefined
      ? {}
      : { conflict: (values: Readonly<Record<string, number>>) => conflict(complete(values)) }),
    latex: () => ["\\begin{aligned}", declaration.latex.join(" \\\\\n"), "\\end{aligned}"].join("\n"),
    plainFormula: () => declaration.plainFormula,
    choose(given) {
      const chosen = chooseValues(choices, given);
      const idle = declaration.idle?.(chosen.options) ?? [];
      refuseIdle(choices, given, chosen, (one) => idle.includes(one));
      refuseConflict(method, chosen);
      return chosen;
    },
    slots(chosen) {
      const { saved, scratch } = declaration.state(complete(chosen.hyper));
      return [...saved, ...scratch];
    },
    arenaBytes(given, parameters, config) {
      refuseConfig(name, config);
      return planDescent(declaration.state(complete(method.choose(given).hyper)), parameters, config).bytes;
    },
    build(given, parameters, config) {
      refuseConfig(name, config);
      const chosen = method.choose(given);
      const descent: Descent = {
        state: declaration.state(complete(chosen.hyper)),
        step: (memory, values) => declaration.step(memory, complete(values), chosen.options),
      };
      return buildDescent(name, descent, chosen, parameters, config);
    },
  };
  return method;
}

/**
 * @throws SteepestError `misuse` for what concerns single gradients or groups, of which a descent knows
 * nothing
 */
function refuseConfig(name: string, config: OptimizerConfig): void {
  const { groups = [], clip = {}, accumulate = 1, nonFinite = "throw" } = config;
  const refused = Object.entries({
    "parameter groups": groups.length > 0,
    "gradient clipping": Object.keys(clip).length > 0,
    "accumulated gradients": accumulate > 1,
    [`the policy nonFinite: "${nonFinite}"`]: nonFinite !== "throw",
  }).find(([, given]) => given);
  if (refused === undefined) return;
  throw new SteepestError(
    "misuse",
    `${name} moves all parameters together along the loss as it is, which ${refused[0]} would contradict`,
    "Leave it out, or use an optimizer that updates from one gradient",
  );
}

/** Where all vectors of a descent lie, before there is a memory. */
function planDescent(state: DescentState, parameters: readonly ParameterSpec[], config: OptimizerConfig) {
  const { extraBytes = 0 } = config;
  const backend = backendOf(config);
  const memberships = assignGroups(parameters, []);
  const count = memberships[0]?.shape.count ?? 0;
  const slots = [...state.saved, ...state.scratch];
  const plan = planArena(backend, [{ count, scratchBytes: [] }], ["x", "g", ...slots], extraBytes);
  const bytes = plannedBytes(backend, {
    ...{ elements: count, stateElements: count * slots.length, planned: plan.bytes },
    ...{ accumulates: false, inputs: 0, evaluates: false, extraBytes },
  });
  return { backend, memberships, count, slots, plan, bytes };
}

function buildDescent(
  name: string,
  { state, step }: Descent,
  { hyper, options }: ChosenValues,
  parameters: readonly ParameterSpec[],
  config: OptimizerConfig,
): SteppedOptimizer {
  const { extraBytes = 0, schedule } = config;
  const { backend, memberships, count, slots, plan, bytes } = planDescent(state, parameters, config);
  const memory = backend.allocate(plan.bytes);
  const vectors = new Map(
    ["x", "g", ...slots].map((array) => [
      array,
      viewOf(backend.precision, memory, plan.groups[0]?.arrays[array] ?? 0, count),
    ]),
  );
  const views = new Map(
    ["x", "g", ...state.saved].map(
      (array) => [array, parameterViews(backend, memory, memberships, plan, array)] as const,
    ),
  );
  const vector = (array: string): Values => {
    const found = vectors.get(array);
    if (found === undefined) throw new Error(`internal: ${name} has no vector ${array}`);
    return found;
  };
  const numbers: Record<string, number> = { ...state.numbers };
  let stepCount = 0;
  let mode: SteppedOptimizer["mode"] = "training";
  const own: DescentMemory = {
    x: vector("x"),
    g: vector("g"),
    vector,
    numbers,
    checkFinite(loss, place) {
      checkLoss(loss, place);
      const error = nonFiniteError(parameters, views, false, stepCount + 1);
      if (error !== undefined) throw error;
    },
  };

  function* begin(): StepRun {
    const factor = schedule === undefined ? 1 : scheduledFactor(schedule, stepCount + 1);
    const { [learningRate]: lr } = hyper;
    const report = yield* step(own, lr === undefined ? hyper : { ...hyper, [learningRate]: lr * factor });
    stepCount++;
    return report;
  }

  const view = (array: string, parameter: string): Values => {
    const found = views.get(array)?.get(parameter);
    if (found !== undefined) return found;
    throw unknownName(
      "parameter",
      parameter,
      parameters.map((each) => each.name),
    );
  };
  const changeMode = (to: SteppedOptimizer["mode"], call: string): void => {
    if (mode === to)
      throw new SteepestError("misuse", `${call} was called in ${to} mode`, "Call each in turn");
    mode = to;
  };
  const texts = (values: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, exact(value)]));

  return {
    parameters,
    precision: backend.precision,
    memory: memory.buffer,
    extra: { byteOffset: plan.extra, byteLength: extraBytes },
    arenaBytes: { ...bytes, total: memory.buffer.byteLength },
    get stepCount() {
      return stepCount;
    },
    get mode() {
      return mode;
    },
    inputs: [],
    parameter: (parameter) => view("x", parameter),
    gradient: (parameter) => view("g", parameter),
    input(input) {
      throw new SteepestError(
        "unknown-name",
        `${name} has no input "${input}": it needs the gradients only`,
        "Leave it out",
      );
    },
    evaluationParameter: (parameter) => view("x", parameter),
    enterEvaluation: () => changeMode("evaluation", "enterEvaluation"),
    leaveEvaluation: () => changeMode("training", "leaveEvaluation"),
    begin,
    saveState: () => ({
      tensors: new Map(
        state.saved.flatMap((array) =>
          parameters.map(({ name: parameter, shape }) => [
            `${parameter}/${array}`,
            tensorOf(shape, view(array, parameter).slice()),
          ]),
        ),
      ),
      metadata: {
        [metadataKey]: JSON.stringify({
          rule: name,
          options,
          precision: backend.precision,
          hyper: texts(hyper),
          step: exact(stepCount),
          numbers: texts(numbers),
        }),
      },
    }),
    loadState(saved: StateDictionary) {
      const found = readDescription(saved);
      expectEqual("rule", name, field(found, "rule"));
      expectEqual("precision", backend.precision, field(found, "precision"));
      for (const [key, value] of Object.entries(options))
        expectEqual(`option ${key}`, value, field(field(found, "options"), key));
      for (const [key, value] of Object.entries(hyper))
        expectEqual(key, value, readNumber(key, field(field(found, "hyper"), key)));
      const steps = readCounter("step", field(found, "step"));
      const restored = Object.keys(state.numbers).map(
        (key) => [key, readNumber(key, field(field(found, "numbers"), key))] as const,
      );
      const arrays = state.saved.flatMap((array) =>
        parameters.map((parameter) => {
          const target = view(array, parameter.name);
          const expected = tensorOf(parameter.shape, target);
          return { target, data: readTensor(saved, `${parameter.name}/${array}`, expected) };
        }),
      );
      for (const { target, data } of arrays) target.set(data);
      for (const [key, value] of restored) numbers[key] = value;
      stepCount = steps;
      mode = "training";
    },
  };
}
