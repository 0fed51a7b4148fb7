import type { Backend, Values } from "../backends/backend.js";
import { referenceBackend } from "../backends/reference.js";
import { wasmBackend } from "../backends/wasm/backend.js";
import { SteepestError, unknownName } from "../errors.js";
import { checkBody } from "../language/validate.js";
import type { ParameterSpec } from "../parameter.js";
import { chooseBody } from "../values.js";
import { checkConfig, checkHypers, scheduledFactor } from "./checks.js";
import type {
  ArenaBytes,
  ClipSpec,
  NonFinitePolicy,
  Optimizer,
  OptimizerConfig,
  ParameterGroup,
  RuleChoice,
  StateDictionary,
  StepReport,
} from "./config.js";
import { type Arrangement, arrange, type ChosenRule, ruleArenaBytes } from "./memory/arrange.js";
import { largestSquares, nonFiniteError, overflowError } from "./nonFinite.js";
import { evaluationWeights } from "./passes/averaging.js";
import { accumulator, gradientScale } from "./passes/gradient.js";
import { clearingPeriod } from "./passes/subnormal.js";
import { loadState, type Progress, saveState } from "./state/state.js";

/** Views that are no state slots, beside inputs. */
const notState: readonly string[] = ["x", "g", accumulator, evaluationWeights];

const backends = { wasm: wasmBackend, float64: referenceBackend } as const;

/**
 * Builds an optimizer from a rule.
 *
 * @throws SteepestError for unknown names, values out of range, impossible shapes, or memory that cannot be
 *   had
 */
export function createRuleOptimizer(
  choice: RuleChoice,
  parameters: readonly ParameterSpec[],
  config: OptimizerConfig = {},
): Optimizer {
  return new ArrangedOptimizer(
    parameters,
    arrange(checkedRule(choice, config), backendOf(config), parameters, config),
    config,
  );
}

/** The bytes that `createRuleOptimizer` allocates for the same arguments; throws as it does. */
export const ruleOptimizerArena = (
  choice: RuleChoice,
  parameters: readonly ParameterSpec[],
  config: OptimizerConfig = {},
): ArenaBytes => ruleArenaBytes(checkedRule(choice, config), backendOf(config), parameters, config);

function checkedRule(choice: RuleChoice, config: OptimizerConfig): ChosenRule {
  const { rule } = choice;
  const chosen = { rule, ...chooseBody(rule, choice) };
  checkBody(rule, chosen.body);
  checkConfig(rule, config);
  return chosen;
}

/** The back end that a configuration names. */
export const backendOf = ({ backend = "wasm" }: OptimizerConfig): Backend => backends[backend];

/** Runs what is arranged, whatever kind of rule it comes from. */
export class ArrangedOptimizer implements Optimizer {
  readonly parameters: readonly ParameterSpec[];
  readonly arenaBytes: ArenaBytes;
  readonly #arranged: Arrangement;
  readonly #clip: ClipSpec;
  readonly #nonFinite: NonFinitePolicy;
  #mode: Optimizer["mode"] = "training";
  readonly #progress: Progress = { stepCount: 0, pending: 0, skipped: 0 };
  // One object for all steps, so that a step makes no garbage.
  readonly #report: { -readonly [Key in keyof StepReport]: StepReport[Key] } = {
    applied: false,
    skipped: 0,
    gradientNorm: undefined,
  };
  /** Places in `scheduled`. */
  readonly #learningRateIndices: readonly number[];
  /** -1 where there is no such value. */
  readonly #scaleIndex: number;

  constructor(parameters: readonly ParameterSpec[], arranged: Arrangement, config: OptimizerConfig) {
    const { hyperNames, gradientHyperNames, learningRates, bytes, memory } = arranged;
    this.parameters = parameters;
    this.#arranged = arranged;
    this.#clip = config.clip ?? {};
    this.#nonFinite = config.nonFinite ?? "throw";
    this.#learningRateIndices = learningRates.map((name) => hyperNames.indexOf(name));
    this.#scaleIndex = [...hyperNames, ...gradientHyperNames].indexOf(gradientScale);
    this.arenaBytes = { ...bytes, total: memory.buffer.byteLength };
  }

  get rule() {
    return this.#arranged.rule;
  }

  get options() {
    return this.#arranged.options;
  }

  get precision() {
    return this.#arranged.precision;
  }

  get memory() {
    return this.#arranged.memory.buffer;
  }

  get extra() {
    return { byteOffset: this.#arranged.extra, byteLength: this.arenaBytes.extra };
  }

  get stepCount() {
    return this.#progress.stepCount;
  }

  get mode() {
    return this.#mode;
  }

  get inputs() {
    return this.#arranged.inputs;
  }

  get groups(): readonly ParameterGroup[] {
    const { groups, hyperNames } = this.#arranged;
    return groups.map(({ parameters, base }) => ({
      parameters: parameters.map(({ name }) => name),
      hyper: Object.fromEntries(hyperNames.map((name, index) => [name, base[index] ?? Number.NaN])),
    }));
  }

  parameter(name: string): Values {
    return this.#view("x", name);
  }

  gradient(name: string): Values {
    return this.#view("g", name);
  }

  state(name: string, slot: string): Values {
    const slots = [...this.#arranged.views.keys()].filter(
      (array) => !notState.includes(array) && !this.inputs.includes(array),
    );
    if (!slots.includes(slot)) throw unknownName(`state slot of ${this.rule.name}`, slot, slots);
    return this.#view(slot, name);
  }

  input(input: string, name: string): Values {
    if (this.inputs.includes(input)) return this.#view(input, name);
    if (this.inputs.length > 0) throw unknownName(`input of ${this.rule.name}`, input, this.inputs);
    throw new SteepestError(
      "unknown-name",
      `${this.rule.name} has no input "${input}": it needs the gradients only`,
      "Leave it out",
    );
  }

  evaluationParameter(name: string): Values {
    if (!this.#arranged.views.has(evaluationWeights)) return this.parameter(name);
    if (this.#mode === "evaluation") return this.#view(evaluationWeights, name);
    throw new SteepestError(
      "misuse",
      `the weights of ${name} to evaluate with are read in training mode: ${this.rule.name} has not computed them`,
      "Call enterEvaluation() first, and leaveEvaluation() before the next step",
    );
  }

  enterEvaluation(): void {
    if (this.#mode === "evaluation")
      throw new SteepestError(
        "misuse",
        "enterEvaluation was called in evaluation mode",
        "Call leaveEvaluation() before entering again",
      );
    const { groups, views } = this.#arranged;
    const { stepCount } = this.#progress;
    if (stepCount === 0) {
      for (const [name, weights] of views.get(evaluationWeights) ?? []) weights.set(this.parameter(name));
    } else {
      this.#schedule(stepCount, 1);
      for (const { evaluate, update, scheduled } of groups) {
        evaluate?.carried.set(update.carried);
        evaluate?.run(stepCount, scheduled);
      }
    }
    this.#mode = "evaluation";
  }

  leaveEvaluation(): void {
    if (this.#mode === "training")
      throw new SteepestError(
        "misuse",
        "leaveEvaluation was called in training mode",
        "Call enterEvaluation() before the evaluation, and leaveEvaluation() after it",
      );
    this.#mode = "training";
  }

  step(): StepReport {
    const { groups, updateTogether } = this.#arranged;
    if (groups.some(({ updateAsync }) => updateAsync !== undefined)) throw takesTime(this.rule.name);
    if (!this.#prepare()) return this.#report;
    const step = this.#progress.stepCount + 1;
    if (updateTogether === undefined) for (const group of groups) group.update.run(step, group.scheduled);
    else updateTogether(step);
    return this.#complete(step);
  }

  async stepAsync(): Promise<StepReport> {
    if (!this.#prepare()) return this.#report;
    const step = this.#progress.stepCount + 1;
    const { groups, updateTogether } = this.#arranged;
    if (updateTogether !== undefined) {
      updateTogether(step);
      return this.#complete(step);
    }
    for (const { update, updateAsync, scheduled } of groups)
      if (updateAsync === undefined) update.run(step, scheduled);
      else await updateAsync(step, scheduled);
    return this.#complete(step);
  }

  /**
   * Checks the gradients, and adds them up until it is time for an update. Whether it is; the report is
   * written.
   */
  #prepare(): boolean {
    if (this.#mode === "evaluation")
      throw new SteepestError(
        "misuse",
        `a step of ${this.rule.name} was asked for in evaluation mode`,
        "Call leaveEvaluation() after the evaluation, then step",
      );
    const { groups, accumulate } = this.#arranged;
    const progress = this.#progress;
    const step = progress.stepCount + 1;
    const updates = progress.pending + 1 >= accumulate;
    const total = this.#gradientTotal(updates);
    const gradientNorm =
      total === undefined || this.#clip.globalNorm === undefined
        ? undefined
        : Math.sqrt(total) / (updates ? accumulate : 1);
    const factor = clipFactor(this.#clip, gradientNorm);
    const usable = this.#isUsable(total, factor);
    if (!usable) progress.skipped++;
    else if (updates) {
      this.#schedule(step, factor / accumulate);
      if (step === 1) for (const { begin, scheduled } of groups) begin?.run(step, scheduled);
    } else {
      for (const group of groups) group.accumulate.run(step, group.scheduled);
      progress.pending++;
    }
    this.#report.applied = usable && updates;
    this.#report.skipped = progress.skipped;
    this.#report.gradientNorm = gradientNorm;
    return this.#report.applied;
  }

  #complete(step: number): StepReport {
    if (this.precision === "float32" && step % clearingPeriod === 0)
      for (const group of this.#arranged.groups) group.clearSubnormals.run(step, group.scheduled);
    this.#progress.stepCount = step;
    this.#progress.pending = 0;
    return this.#report;
  }

  setHyper(name: string, value: number, group?: number): void {
    const { rule, groups, hyperNames, structural } = this.#arranged;
    checkHypers(rule, { [name]: value });
    if (structural.includes(name))
      throw new SteepestError(
        "misuse",
        `${rule.name}: ${name} is settled when the optimizer is built, since its memory or its linear algebra depend on it`,
        `Build another optimizer with ${name}=${value}`,
      );
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
  }

  saveState(): StateDictionary {
    return saveState(this.#arranged, this.#progress);
  }

  loadState(state: StateDictionary): void {
    loadState(this.#arranged, this.#progress, state);
    this.#mode = "training";
  }

  #view(array: string, name: string): Values {
    const view = this.#arranged.views.get(array)?.get(name);
    if (view !== undefined) return view;
    throw unknownName(
      "parameter",
      name,
      this.parameters.map((parameter) => parameter.name),
    );
  }

  /**
   * The sum of `gradientTotal` over all groups, of all gradients summed before an update; undefined where
   * nothing needs it.
   */
  #gradientTotal(updates: boolean): number | undefined {
    if (this.#clip.globalNorm === undefined && this.#nonFinite === "ignore") return undefined;
    let total = 0;
    for (const group of this.#arranged.groups) {
      const program = updates ? group.accumulatedTotal : group.total;
      program.run(this.#progress.stepCount + 1, group.scheduled);
      total += program.groupSums[0] ?? Number.NaN;
    }
    return total;
  }

  /**
   * Whether the gradient, which clipping multiplies by the factor, may be used under the policy.
   * @throws SteepestError `non-finite` under the policy `throw`
   */
  #isUsable(total: number | undefined, factor: number): boolean {
    if (total === undefined || this.#nonFinite === "ignore") return true;
    const { views, squared, rule, precision, accumulate } = this.#arranged;
    if (total <= (squared.length === 0 ? Number.MAX_VALUE : largestSquares[precision])) return true;
    const step = this.#progress.stepCount + 1;
    const error =
      nonFiniteError(this.parameters, views, accumulate > 1, step) ??
      overflowError(rule.name, squared, views, { ...this.#clip, factor }, precision, step);
    if (error !== undefined && this.#nonFinite === "throw") throw error;
    return error === undefined;
  }

  /**
   * Hands over the hyper-parameters of this step. Changes nothing that outlives it, so that a schedule may
   * throw.
   */
  #schedule(step: number, scale: number): void {
    for (const { base, scheduled, schedule } of this.#arranged.groups) {
      scheduled.set(base);
      if (schedule !== undefined) {
        const factor = scheduledFactor(schedule, step);
        for (const index of this.#learningRateIndices)
          scheduled[index] = (base[index] ?? Number.NaN) * factor;
      }
      if (this.#scaleIndex >= 0) scheduled[this.#scaleIndex] = scale;
    }
  }
}

const takesTime = (rule: string) =>
  new SteepestError(
    "misuse",
    `${rule} was given linear algebra whose results are promises, so a step cannot be done at once`,
    "Await stepAsync(), or leave linearAlgebra out of the configuration",
  );

/** min(1, c/(‖g‖ + 1e-6)). */
const clipFactor = ({ globalNorm }: ClipSpec, gradientNorm: number | undefined): number =>
  globalNorm === undefined || gradientNorm === undefined
    ? 1
    : Math.min(1, globalNorm / (gradientNorm + 1e-6));
