import type { OptionValue, Rule, RuleDescription } from "../language/rule.js";
import type { LinearAlgebra } from "../linearAlgebra/linearAlgebra.js";
import type { MatrixRule } from "../matrix/matrixRule.js";
import type { ParameterRole, ParameterSpec } from "../parameter.js";
import type { SafetensorsFile } from "../safetensors/safetensors.js";
import type { Schedule } from "../schedules/schedule.js";
import type { GivenValues } from "../values.js";

/** A rule and what is chosen of it: the preset first, then single hyper-parameters and options over it. */
export interface RuleChoice extends GivenValues {
  readonly rule: Rule;
}

/** The same for a rule on matrices. */
export interface MatrixRuleChoice extends GivenValues {
  readonly rule: MatrixRule;
}

/**
 * Parameters that share hyper-parameters. A parameter belongs to the first group that names its role or its
 * name.
 */
export interface GroupSpec {
  readonly roles?: readonly ParameterRole[];
  readonly names?: readonly string[];
  /** In place of the optimizer's own values. */
  readonly hyper?: Readonly<Record<string, number>>;
  /** In place of the optimizer's schedule. */
  readonly schedule?: Schedule;
}

export interface OptimizerConfig {
  /** `wasm`: fused float32 kernels (default). `float64`: the reference interpreter. */
  readonly backend?: "wasm" | "float64";
  /** Parameters that fall into none of these form one more group, with the optimizer's own values. */
  readonly groups?: readonly GroupSpec[];
  /** Multiplies the step size `lr`. */
  readonly schedule?: Schedule;
  readonly clip?: ClipSpec;
  /** Gradients are averaged over this many calls of `step` before an update; default 1. */
  readonly accumulate?: number;
  /**
   * What to do about a gradient that is NaN or infinite, or, under a matrix rule, too large for its squares
   * to be summed; default `throw`. Nothing is changed before the check.
   */
  readonly nonFinite?: NonFinitePolicy;
  /**
   * How matrix rules compute products, roots and decompositions; default the readable implementation in
   * float64, WebAssembly in float32. Rules that work element by element ignore it.
   */
  readonly linearAlgebra?: LinearAlgebra;
  /** Room in the same memory for other things, such as a workload's inputs. */
  readonly extraBytes?: number;
}

/** Applied to the averaged gradient: the norm first, then single values. */
export interface ClipSpec {
  /** The gradient of all parameters together is multiplied by min(1, c/(‖g‖ + 1e-6)). */
  readonly globalNorm?: number;
  /** Every element is brought into [−c, c]. */
  readonly value?: number;
}

/**
 * `throw` an error that names the parameter, the element and the step; `skip` the gradient and count it;
 * `ignore` without looking, which saves a pass over the gradients.
 */
export type NonFinitePolicy = "throw" | "skip" | "ignore";

/** What `step` did. One object, overwritten by the next call. */
export interface StepReport {
  /** Whether parameters changed: false where the gradient was skipped or only accumulated. */
  readonly applied: boolean;
  /** How many gradients have been skipped so far. */
  readonly skipped: number;
  /**
   * ‖g‖ over all parameters, before clipping, of the averaged gradient (of this one where it is only
   * accumulated); undefined without clipping by norm, which alone needs it.
   */
  readonly gradientNorm: number | undefined;
}

/**
 * State slots, named "<parameter>/<slot>", and everything else of an optimizer, as a safetensors file holds
 * them.
 */
export type StateDictionary = SafetensorsFile;

/** Bytes of the arena by use. */
export interface ArenaBytes {
  readonly parameters: number;
  readonly gradients: number;
  /** The rule's slots, or a matrix rule's state of any shape. */
  readonly state: number;
  /** The buffer that averages gradients, where `accumulate` > 1. */
  readonly accumulation: number;
  /** Arrays that the caller fills beside the gradients. */
  readonly inputs: number;
  /** The weights to evaluate with, where the rule averages. */
  readonly evaluation: number;
  /** `extraBytes`. */
  readonly extra: number;
  /** All of it, with kernels' scratch, padding and rounding up to pages. */
  readonly total: number;
}

/** A group as it came out: its parameters and its present hyper-parameters. */
export interface ParameterGroup {
  readonly parameters: readonly string[];
  readonly hyper: Readonly<Record<string, number>>;
}

/**
 * An optimizer over its own memory: fill the gradients, call `step`. Views never move and never detach.
 * In float32 precision the arrays are views of one WebAssembly memory, `memory`.
 */
export interface Optimizer {
  readonly rule: RuleDescription;
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly parameters: readonly ParameterSpec[];
  readonly groups: readonly ParameterGroup[];
  readonly precision: "float32" | "float64";
  readonly memory: ArrayBuffer;
  /** Where the `extraBytes` lie in `memory`, aligned to 64 bytes. */
  readonly extra: { readonly byteOffset: number; readonly byteLength: number };
  readonly arenaBytes: ArenaBytes;
  /** Updates applied so far. */
  readonly stepCount: number;
  /**
   * `training`, or `evaluation` between `enterEvaluation` and `leaveEvaluation`. Rules that average
   * (Schedule-Free, weight averages) train at one point and are evaluated at another.
   */
  readonly mode: "training" | "evaluation";
  /** The arrays that the caller fills beside the gradients, such as Sophia's "hessian". */
  readonly inputs: readonly string[];
  /** @throws SteepestError `unknown-name` */
  parameter(name: string): Float32Array | Float64Array;
  /** @throws SteepestError `unknown-name` */
  gradient(name: string): Float32Array | Float64Array;
  /** A state slot. @throws SteepestError `unknown-name` */
  state(name: string, slot: string): Float32Array | Float64Array;
  /**
   * The array of this name that the caller fills for a parameter; 0 until then. It is not part of the state.
   * @throws SteepestError `unknown-name`
   */
  input(input: string, name: string): Float32Array | Float64Array;
  /**
   * The parameter's weights to evaluate with: an array of their own that never moves where the rule averages,
   * else `parameter(name)` itself.
   * @throws SteepestError `unknown-name`; `misuse` in training mode, where the rule averages
   */
  evaluationParameter(name: string): Float32Array | Float64Array;
  /**
   * Computes the weights to evaluate with. The parameters stay what they are, to the bit.
   * @throws SteepestError `misuse` in evaluation mode
   */
  enterEvaluation(): void;
  /** Goes back to training. @throws SteepestError `misuse` in training mode */
  leaveEvaluation(): void;
  /**
   * Updates the parameters from the gradients; allocates nothing.
   * @throws SteepestError `non-finite` under the policy `throw`; then nothing has changed. `misuse` in
   *   evaluation mode, and where the optimizer was given linear algebra that takes time
   */
  step(): StepReport;
  /** As `step`, for any linear algebra. One call at a time. */
  stepAsync(): Promise<StepReport>;
  /**
   * Changes a hyper-parameter of one group (an index into `groups`) or of all; nothing is recompiled.
   * @throws SteepestError `unknown-name` or `invalid-value`
   */
  setHyper(name: string, value: number, group?: number): void;
  /** A copy of all state, the step and the hyper-parameters, but not of the parameters. */
  saveState(): StateDictionary;
  /**
   * Restores what `saveState` gave, bit for bit, hyper-parameters included, and goes to training mode. Other
   * tensors in the dictionary are left alone.
   * @throws SteepestError `state-mismatch` where it is of another rule, option, precision, shape or grouping;
   *   then nothing has changed
   */
  loadState(state: StateDictionary): void;
}
