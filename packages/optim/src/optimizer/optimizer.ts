import { elementBytes, type Values } from "../backends/backend.js";
import { referenceBackend } from "../backends/reference.js";
import { wasmBackend } from "../backends/wasm/backend.js";
import { SteepestError, unknownName } from "../errors.js";
import { checkBody } from "../language/validate.js";
import type { ParameterSpec } from "../parameter.js";
import { chooseBody } from "../values.js";
import { type Arrangement, arrange } from "./arrange.js";
import { checkConfig, checkHypers, learningRate, scheduledFactor } from "./checks.js";
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
import { gradientScale } from "./gradient.js";
import { nonFiniteError } from "./nonFinite.js";
import { loadState, type Progress, saveState } from "./state.js";
import { clearingPeriod } from "./subnormal.js";

const backends = { wasm: wasmBackend, float64: referenceBackend } as const;

/**
 * Builds an optimizer from a rule.
 *
 * @throws SteepestError for unknown names, values out of range, impossible shapes, or memory that cannot be had
 */
export function createRuleOptimizer(
  choice: RuleChoice,
  parameters: readonly ParameterSpec[],
  config: OptimizerConfig = {},
): Optimizer {
  const { rule } = choice;
  const chosen = { rule, ...chooseBody(rule, choice) };
  checkBody(rule, chosen.body);
  checkConfig(rule, config);
  const backend = backends[config.backend ?? "wasm"];
  return new RuleOptimizer(parameters, arrange(chosen, backend, parameters, config), config);
}

class RuleOptimizer implements Optimizer {
  readonly parameters: readonly ParameterSpec[];
  readonly arenaBytes: ArenaBytes;
  readonly #arranged: Arrangement;
  readonly #clip: ClipSpec;
  readonly #nonFinite: NonFinitePolicy;
  readonly #progress: Progress = { stepCount: 0, pending: 0, skipped: 0 };
  // One object for all steps, so that a step makes no garbage.
  readonly #report: { -readonly [Key in keyof StepReport]: StepReport[Key] } = {
    applied: false,
    skipped: 0,
    gradientNorm: undefined,
  };
  /** Places in `scheduled`; -1 where there is no such value. */
  readonly #learningRateIndex: number;
  readonly #scaleIndex: number;

  constructor(parameters: readonly ParameterSpec[], arranged: Arrangement, config: OptimizerConfig) {
    const { hyperNames, gradientHyperNames, body, elements, precision, accumulate, memory } = arranged;
    this.parameters = parameters;
    this.#arranged = arranged;
    this.#clip = config.clip ?? {};
    this.#nonFinite = config.nonFinite ?? "throw";
    this.#learningRateIndex = hyperNames.indexOf(learningRate);
    this.#scaleIndex = [...hyperNames, ...gradientHyperNames].indexOf(gradientScale);
    const arrayBytes = elements * elementBytes(precision);
    this.arenaBytes = {
      parameters: arrayBytes,
      gradients: arrayBytes,
      state: arrayBytes * Object.keys(body.state).length,
      accumulation: accumulate > 1 ? arrayBytes : 0,
      extra: config.extraBytes ?? 0,
      total: memory.buffer.byteLength,
    };
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
    const slots = Object.keys(this.#arranged.body.state);
    if (!slots.includes(slot)) throw unknownName(`state slot of ${this.rule.name}`, slot, slots);
    return this.#view(slot, name);
  }

  step(): StepReport {
    const { groups, accumulate } = this.#arranged;
    const progress = this.#progress;
    const step = progress.stepCount + 1;
    const updates = progress.pending + 1 >= accumulate;
    const total = this.#gradientTotal(updates);
    const gradientNorm =
      total === undefined || this.#clip.globalNorm === undefined
        ? undefined
        : Math.sqrt(total) / (updates ? accumulate : 1);
    if (!this.#isUsable(total)) {
      progress.skipped++;
      return this.#finish(false, gradientNorm);
    }
    if (!updates) {
      for (const group of groups) group.accumulate.run(step, group.scheduled);
      progress.pending++;
      return this.#finish(false, gradientNorm);
    }
    this.#schedule(step, clipFactor(this.#clip, gradientNorm) / accumulate);
    for (const group of groups) group.update.run(step, group.scheduled);
    if (this.precision === "float32" && step % clearingPeriod === 0)
      for (const group of groups) group.clearSubnormals.run(step, group.scheduled);
    progress.stepCount = step;
    progress.pending = 0;
    return this.#finish(true, gradientNorm);
  }

  setHyper(name: string, value: number, group?: number): void {
    const { rule, groups, hyperNames } = this.#arranged;
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
  }

  saveState(): StateDictionary {
    return saveState(this.#arranged, this.#progress);
  }

  loadState(state: StateDictionary): void {
    loadState(this.#arranged, this.#progress, state);
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

  /** The sum of `gradientTotal` over all groups, of all gradients summed before an update; undefined where nothing needs it. */
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

  /** Whether the gradient may be used under the policy. @throws SteepestError `non-finite` under the policy `throw` */
  #isUsable(total: number | undefined): boolean {
    if (total === undefined || Number.isFinite(total) || this.#nonFinite === "ignore") return true;
    const { views, accumulate } = this.#arranged;
    const error = nonFiniteError(this.parameters, views, accumulate > 1, this.#progress.stepCount + 1);
    if (error !== undefined && this.#nonFinite === "throw") throw error;
    return error === undefined;
  }

  /** Hands over the hyper-parameters of this step. Changes nothing that outlives it, so that a schedule may throw. */
  #schedule(step: number, scale: number): void {
    const index = this.#learningRateIndex;
    for (const { base, scheduled, schedule } of this.#arranged.groups) {
      scheduled.set(base);
      if (schedule !== undefined)
        scheduled[index] = (base[index] ?? Number.NaN) * scheduledFactor(schedule, step);
      if (this.#scaleIndex >= 0) scheduled[this.#scaleIndex] = scale;
    }
  }

  #finish(applied: boolean, gradientNorm: number | undefined): StepReport {
    this.#report.applied = applied;
    this.#report.skipped = this.#progress.skipped;
    this.#report.gradientNorm = gradientNorm;
    return this.#report;
  }
}

/** min(1, c/(‖g‖ + 1e-6)). */
const clipFactor = ({ globalNorm }: ClipSpec, gradientNorm: number | undefined): number =>
  globalNorm === undefined || gradientNorm === undefined
    ? 1
    : Math.min(1, globalNorm / (gradientNorm + 1e-6));
