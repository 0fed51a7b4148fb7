import { elementBytes, type Values, viewOf } from "../backends/backend.js";
import { count, nonNegative } from "../language/hyper.js";
import type { ArenaBytes, NonFinitePolicy, Optimizer, OptimizerConfig } from "../optimizer/config.js";
import { alignedBytes } from "../optimizer/memory/arena.js";
import { checkLoss } from "../optimizer/nonFinite.js";
import { backendOf, createRuleOptimizer, ruleOptimizerArena } from "../optimizer/optimizer.js";
import {
  exact,
  expectEqual,
  field,
  metadataKey,
  readDescription,
  readNumber,
} from "../optimizer/state/description.js";
import { elementCount, type ParameterSpec } from "../parameter.js";
import type { RuleEntry } from "../registry.js";
import { chooseValues, type GivenValues } from "../values.js";
import { baseOption, optionOfBase, refuseClash, withBase } from "../wrappers/wrapper.js";
import type { ClosureMethod, StepRun } from "./method.js";

const own = {
  radius: nonNegative(0.05, "\\rho", "how far uphill the gradient is taken"),
  ascentSteps: count(1, "a", "steps uphill, each as long, before the step downhill"),
};

const title = "SAM";
const name = "sam";

const elementsOf = (parameters: readonly ParameterSpec[]): number =>
  parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);

/** Bytes of one array as large as the parameters: the point that they are moved uphill from. */
const startBytes = (parameters: readonly ParameterSpec[], config: OptimizerConfig): number =>
  elementsOf(parameters) * elementBytes(backendOf(config).precision);

/** The bytes that this array takes of the base's extra room. */
const roomFor = (parameters: readonly ParameterSpec[], config: OptimizerConfig): number =>
  alignedBytes(startBytes(parameters, config));

/** The configuration of the base, with room for the array. */
const withRoom = (parameters: readonly ParameterSpec[], config: OptimizerConfig): OptimizerConfig => ({
  ...config,
  extraBytes: roomFor(parameters, config) + (config.extraBytes ?? 0),
});

/** The bytes of the base's arena, with the array counted as state. */
const withStart = (
  arena: ArenaBytes,
  parameters: readonly ParameterSpec[],
  config: OptimizerConfig,
): ArenaBytes => ({
  ...arena,
  state: arena.state + startBytes(parameters, config),
  extra: config.extraBytes ?? 0,
});

/**
 * Sharpness-aware minimisation over a rule: the rule gets the gradient of the point that lies `radius` uphill
 * of the parameters. With radius 0 it is its base, to the bit. The norm is over all parameters, without a
 * term against zero, as in optax: where the gradient is 0 or not finite nothing is moved uphill, and the rule
 * gets the gradient as it is.
 */
export function sam(base: RuleEntry): ClosureMethod {
  refuseClash(name, base, Object.keys(own));
  const choices = {
    name,
    hyper: { ...base.hyper, ...own },
    options: { ...base.options, [baseOption]: optionOfBase(base.name) },
    presets: withBase(base.presets, base.name),
  };
  /** What of the values is the base's. */
  const ofBase = <Value>(values: Readonly<Record<string, Value>> = {}): Readonly<Record<string, Value>> =>
    Object.fromEntries(
      Object.entries(values).filter(([key]) => !Object.hasOwn(own, key) && key !== baseOption),
    );
  const toBase = ({ preset, hyper, options }: GivenValues): GivenValues => ({
    ...(preset === undefined ? {} : { preset }),
    hyper: ofBase(hyper),
    options: ofBase(options),
  });
  return {
    ...{ ...choices, title, adaptive: base.adaptive },
    summary: "a rule on the gradient of a point uphill of the parameters, which avoids sharp minima",
    cite: {
      authors: "Foret, Kleiner, Mobahi, Neyshabur",
      year: 2020,
      title: "Sharpness-Aware Minimization for Efficiently Improving Generalization",
      url: "https://arxiv.org/abs/2010.01412",
    },
    latex: ({ options }) =>
      base
        .latex(ofBase(options))
        .replace(
          "\\begin{aligned}\n",
          "\\begin{aligned}\n\\hat x_k &= x_{k-1} + \\rho \\, \\nabla f(x_{k-1}) / \\|\\nabla f(x_{k-1})\\|, \\quad g_k = \\nabla f(\\hat x_k) \\\\\n",
        ),
    plainFormula: ({ options }) => ["g ← ∇f(x + ρ·∇f(x)/‖∇f(x)‖)", ...base.plainFormula(ofBase(options))],
    choose(values) {
      const chosen = chooseValues(choices, values);
      base.choose(toBase(values));
      return chosen;
    },
    slots: ({ options }) => [
      "start",
      ...base.arrays([], { options: ofBase(options) }).state.map(({ name: slot }) => slot),
    ],
    arenaBytes(given, parameters, config) {
      chooseValues(choices, given);
      const choice = { rule: base.rule, ...toBase(given) };
      return withStart(
        ruleOptimizerArena(choice, parameters, withRoom(parameters, config)),
        parameters,
        config,
      );
    },
    build(given, parameters, config) {
      const { hyper } = chooseValues(choices, given);
      const { extraBytes = 0 } = config;
      const elements = elementsOf(parameters);
      const room = roomFor(parameters, config);
      const optimizer = createRuleOptimizer(
        { rule: base.rule, ...toBase(given) },
        parameters,
        withRoom(parameters, config),
      );
      const start = viewOf(
        optimizer.precision,
        { buffer: optimizer.memory },
        optimizer.extra.byteOffset,
        elements,
      );
      const values = { radius: hyper.radius ?? Number.NaN, ascentSteps: hyper.ascentSteps ?? Number.NaN };
      const description = {
        rule: name,
        hyper: { radius: exact(values.radius), ascentSteps: exact(values.ascentSteps) },
      };
      return {
        parameters,
        precision: optimizer.precision,
        memory: optimizer.memory,
        extra: { byteOffset: optimizer.extra.byteOffset + room, byteLength: extraBytes },
        arenaBytes: withStart(optimizer.arenaBytes, parameters, config),
        get stepCount() {
          return optimizer.stepCount;
        },
        get mode() {
          return optimizer.mode;
        },
        inputs: optimizer.inputs,
        parameter: (parameter) => optimizer.parameter(parameter),
        gradient: (parameter) => optimizer.gradient(parameter),
        input: (input, parameter) => optimizer.input(input, parameter),
        evaluationParameter: (parameter) => optimizer.evaluationParameter(parameter),
        enterEvaluation: () => optimizer.enterEvaluation(),
        leaveEvaluation: () => optimizer.leaveEvaluation(),
        begin: () => samStep(optimizer, start, values, config.nonFinite ?? "throw"),
        saveState() {
          const { tensors, metadata } = optimizer.saveState();
          return {
            tensors,
            metadata: { [metadataKey]: JSON.stringify({ ...description, base: metadata[metadataKey] }) },
          };
        },
        loadState(saved) {
          const found = readDescription(saved);
          expectEqual("rule", name, field(found, "rule"));
          for (const [key, value] of Object.entries(values))
            expectEqual(key, value, readNumber(key, field(field(found, "hyper"), key)));
          optimizer.loadState({
            tensors: saved.tensors,
            metadata: { [metadataKey]: String(field(found, "base")) },
          });
        },
      };
    },
  };
}

/**
 * A step of the base on the gradient uphill; the parameters lie where they were when it, or an error, comes.
 */
function* samStep(
  optimizer: Optimizer,
  start: Values,
  { radius, ascentSteps }: { readonly radius: number; readonly ascentSteps: number },
  policy: NonFinitePolicy,
): StepRun {
  const tensors = optimizer.parameters.map(({ name: parameter }) => ({
    x: optimizer.parameter(parameter),
    g: optimizer.gradient(parameter),
  }));
  const gradients = tensors.map(({ g }) => g);
  const loss = yield undefined;
  if (policy === "throw") checkLoss(loss, "where the step begins");
  let evaluations = 1;
  const gradientNorm = normOf(gradients);
  let norm = gradientNorm;
  store(start, tensors, "save");
  try {
    for (let ascent = 0; ascent < ascentSteps && norm > 0 && Number.isFinite(norm); ascent++) {
      for (const { x, g } of tensors)
        for (let i = 0; i < x.length; i++) x[i] = (x[i] ?? 0) + (radius * (g[i] ?? 0)) / norm;
      yield undefined;
      evaluations++;
      norm = normOf(gradients);
    }
  } finally {
    store(start, tensors, "restore");
  }
  const { applied, skipped } = optimizer.step();
  return { applied, skipped, gradientNorm, loss, stepSize: undefined, satisfied: true, evaluations };
}

/** Copies the parameters to `start`, or back. */
function store(
  start: Values,
  tensors: readonly { readonly x: Values }[],
  direction: "save" | "restore",
): void {
  let offset = 0;
  for (const { x } of tensors) {
    const part = start.subarray(offset, offset + x.length);
    if (direction === "save") part.set(x);
    else x.set(part);
    offset += x.length;
  }
}

/** ‖g‖ over all tensors, also where its squares would overflow. */
function normOf(gradients: readonly Values[]): number {
  let [largest, sum] = [0, 0];
  for (const gradient of gradients)
    for (const value of gradient) {
      // A NaN stays one: no comparison with it is true, but the sum below has it.
      if (Math.abs(value) > largest) largest = Math.abs(value);
    }
  const scale = largest > 0 && Number.isFinite(largest) ? largest : 1;
  for (const gradient of gradients) for (const value of gradient) sum += (value / scale) ** 2;
  return scale * Math.sqrt(sum);
}
