import { type OptimizerArrays, sumOfBytes } from "./arrays.js";
import { type ClosureEntry, closureEntry } from "./closure/entry.js";
import { gdBacktracking } from "./closure/gdBacktracking.js";
import { gdWolfe } from "./closure/gdWolfe.js";
import { lbfgs } from "./closure/lbfgs.js";
import { sam } from "./closure/sam.js";
import { SteepestError, unknownName } from "./errors.js";
import { latexFormula } from "./formula/latex.js";
import { withoutNeutralTerms } from "./formula/neutral.js";
import { plainFormula } from "./formula/plainText.js";
import type { Citation, OptionValue, Rule, RuleBody } from "./language/rule.js";
import { optionChoices } from "./language/validate.js";
import { type MatrixEntry, matrixEntry } from "./matrix/entry.js";
import { adafactor } from "./matrix/rules/adafactor.js";
import { caspr } from "./matrix/rules/caspr.js";
import { distributedShampoo } from "./matrix/rules/distributedShampoo.js";
import { muon } from "./matrix/rules/muon.js";
import { shampoo } from "./matrix/rules/shampoo.js";
import { soap } from "./matrix/rules/soap.js";
import { elementCount, type ParameterSpec } from "./parameter.js";
import { adabelief } from "./rules/adabelief.js";
import { adadelta } from "./rules/adadelta.js";
import { adagrad } from "./rules/adagrad.js";
import { adam } from "./rules/adam.js";
import { adamax } from "./rules/adamax.js";
import { adamg } from "./rules/adamg.js";
import { adamL2 } from "./rules/adamL2.js";
import { adamw } from "./rules/adamw.js";
import { adan } from "./rules/adan.js";
import { ademamix } from "./rules/ademamix.js";
import { amos } from "./rules/amos.js";
import { amsgrad } from "./rules/amsgrad.js";
import { cautiousAdamw } from "./rules/cautiousAdamw.js";
import { cautiousLion } from "./rules/cautiousLion.js";
import { dadaptAdam } from "./rules/dadaptAdam.js";
import { dadaptSgd } from "./rules/dadaptSgd.js";
import { gd } from "./rules/gd.js";
import { generalizedAdam } from "./rules/generalizedAdam.js";
import { lamb } from "./rules/lamb.js";
import { lars } from "./rules/lars.js";
import { lion } from "./rules/lion.js";
import { momentum } from "./rules/momentum.js";
import { nadam } from "./rules/nadam.js";
import { nadamp } from "./rules/nadamp.js";
import { nadamw } from "./rules/nadamw.js";
import { nesterov } from "./rules/nesterov.js";
import { prodigy } from "./rules/prodigy.js";
import { radam } from "./rules/radam.js";
import { rmsprop } from "./rules/rmsprop.js";
import { rprop } from "./rules/rprop.js";
import { scheduleFreeAdamw } from "./rules/scheduleFreeAdamw.js";
import { scheduleFreeProdigy } from "./rules/scheduleFreeProdigy.js";
import { scheduleFreeRadam } from "./rules/scheduleFreeRadam.js";
import { scheduleFreeSgd } from "./rules/scheduleFreeSgd.js";
import { sgd } from "./rules/sgd.js";
import { sophia } from "./rules/sophia.js";
import { yogi } from "./rules/yogi.js";
import { type Choices, type ChosenValues, chooseBody, type GivenValues } from "./values.js";
import { diloco } from "./wrappers/diloco.js";
import { lawaEma, lawaQueue } from "./wrappers/lawa.js";
import { lookahead } from "./wrappers/lookahead.js";
import { weightEma } from "./wrappers/weightEma.js";
import { baseOption, type Wrapper } from "./wrappers/wrapper.js";

/** What every optimizer of the registry says of itself. */
export interface EntryDescription extends Choices {
  readonly title: string;
  /** One line: what it does, for tables. */
  readonly summary: string;
  readonly cite: Citation;
  /** Every coordinate has a step size of its own, from the gradients it has seen. */
  readonly adaptive: boolean;
  /**
   * Bytes of float32 state for each parameter element, beside the parameter and its gradient; of a square
   * hidden matrix where the state is not one of element by element.
   * @throws SteepestError for an unknown option or value
   */
  stateBytesPerParameter(options?: Readonly<Record<string, OptionValue>>): number;
  /**
   * Bytes of float32 state for these parameters.
   * @throws SteepestError for an unknown name, preset or option, and a value out of range
   */
  stateBytes(parameters: readonly ParameterSpec[], given?: GivenValues): number;
  /**
   * Every array that it keeps for these parameters, beside them and their gradients; `stateBytes` is the sum of
   * the state's.
   * @throws SteepestError as `stateBytes`
   */
  arrays(parameters: readonly ParameterSpec[], given?: GivenValues): OptimizerArrays;
  /**
   * The update as LaTeX, as the lecture would write it: terms whose hyper-parameter is 0 or 1 by default are
   * left out, but those of step sizes and of the hyper-parameters that are `stated`.
   * @throws SteepestError for an unknown option or value
   */
  latex(options?: Readonly<Record<string, OptionValue>>, stated?: readonly string[]): string;
  /** The same in Unicode, one line an assignment, for terminals. */
  plainFormula(
    options?: Readonly<Record<string, OptionValue>>,
    stated?: readonly string[],
  ): readonly string[];
  /**
   * The value of every hyper-parameter and option: what is given, else the preset's, else the default.
   * @throws SteepestError for an unknown name or preset, a value out of range, and a hyper-parameter without
   *   effect
   */
  choose(given: GivenValues): ChosenValues;
}

/** An optimizer that a rule declares: gradients in, one update out. */
export interface RuleEntry extends EntryDescription {
  readonly kind: "rule";
  readonly rule: Rule;
  /**
   * Of a wrapper: the same over another base than the default one.
   * @throws SteepestError `unknown-name` for an unknown name, with the nearest that can be wrapped; `misuse`
   *   for an optimizer that cannot be
   */
  readonly over?: (base: string) => RuleEntry;
}

/** An optimizer by name. */
export type RegistryEntry = RuleEntry | ClosureEntry | MatrixEntry;

const bytesPerSlot = Float32Array.BYTES_PER_ELEMENT;
const elementsOf = (parameters: readonly ParameterSpec[]): number =>
  parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);

function ruleEntry(rule: Rule, adaptive: boolean): RuleEntry {
  const { name, title, summary, cite, hyper, options, presets } = rule;
  const bodyOf = (chosen: Readonly<Record<string, OptionValue>> = {}): RuleBody =>
    chooseBody(rule, { options: chosen }).body;
  const writtenBody = (
    chosen?: Readonly<Record<string, OptionValue>>,
    stated?: readonly string[],
  ): RuleBody => withoutNeutralTerms(hyper, bodyOf(chosen), stated);
  const arrays = (parameters: readonly ParameterSpec[], given: GivenValues = {}): OptimizerArrays => {
    const { state, inputs = [], evaluation } = chooseBody(rule, given).body;
    const bytes = bytesPerSlot * elementsOf(parameters);
    const ofEach = (names: readonly string[]) => names.map((slot) => ({ name: slot, bytes }));
    return {
      state: ofEach(Object.keys(state)),
      inputs: ofEach(inputs),
      evaluation: evaluation === undefined ? 0 : bytes,
      scratch: 0,
    };
  };
  return {
    ...{ kind: "rule", rule, adaptive, arrays },
    ...{ name, title, summary, cite, hyper, options, presets },
    stateBytesPerParameter: (chosen) => bytesPerSlot * Object.keys(bodyOf(chosen).state).length,
    stateBytes: (parameters, given) => sumOfBytes(arrays(parameters, given).state),
    latex: (chosen, stated) => latexFormula(rule, writtenBody(chosen, stated)),
    plainFormula: (chosen, stated) => plainFormula(rule, writtenBody(chosen, stated)),
    choose: (given) => {
      const { hyper: values, options: forms } = chooseBody(rule, given);
      return { hyper: values, options: forms };
    },
  };
}

/** A wrapper of gradients in, updates out. */
const wrapperEntry = (wrapper: Wrapper): RuleEntry =>
  overBases(wrapper.name, ruleEntry(adamw, true), ({ rule, adaptive: own }) =>
    ruleEntry(wrapper.wrap(rule), own),
  );

/**
 * A wrapper over its usual base; what is asked of it with another base among the options is answered for
 * that.
 */
function overBases<Entry extends RuleEntry | ClosureEntry>(
  wrapper: string,
  usualBase: RuleEntry,
  make: (base: RuleEntry) => Entry,
): Entry {
  const usual = make(usualBase);
  const made = new Map([[usualBase.name, usual]]);
  const over = (name: string): Entry => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const bases = registry.flatMap((entry) => (entry.kind === "rule" && isBase(entry) ? [entry] : []));
    const base = bases.find((candidate) => candidate.name === name);
    if (base === undefined) {
      const known = bases.map((candidate) => candidate.name);
      if (registry.some((entry) => entry.name === name))
        throw new SteepestError(
          "misuse",
          `${name} cannot be wrapped in ${wrapper}: it is not a plain rule on elements, or averages weights itself`,
          `Use ${name} by itself, or wrap one of ${known.join(", ")}`,
        );
      throw unknownName(`rule to wrap in ${wrapper}:`, name, known);
    }
    const entry = make(base);
    made.set(name, entry);
    return entry;
  };
  const chosen = (options: Readonly<Record<string, OptionValue>> = {}): Entry => {
    const base = options[baseOption];
    return base === undefined ? usual : over(String(base));
  };
  return {
    ...usual,
    over,
    stateBytesPerParameter: (options) => chosen(options).stateBytesPerParameter(options),
    stateBytes: (parameters, given) => chosen(given?.options).stateBytes(parameters, given),
    arrays: (parameters, given) => chosen(given?.options).arrays(parameters, given),
    latex: (options, stated) => chosen(options).latex(options, stated),
    plainFormula: (options, stated) => chosen(options).plainFormula(options, stated),
    choose: (given) => chosen(given.options).choose(given),
  };
}

/** Whether a rule can be wrapped: it is no wrapper and does not average weights itself. */
const isBase = ({ rule, over }: RuleEntry): boolean =>
  over === undefined && optionChoices(rule).every((options) => rule.body(options).evaluation === undefined);

const plain = (rule: Rule): RegistryEntry => ruleEntry(rule, false);
const adaptive = (rule: Rule): RegistryEntry => ruleEntry(rule, true);

/** Every optimizer, simplest first. Adding one is a rule file, a line here and a golden fixture. */
export const registry: readonly RegistryEntry[] = [
  plain(gd),
  closureEntry(gdBacktracking),
  closureEntry(gdWolfe),
  closureEntry(lbfgs),
  plain(sgd),
  plain(momentum),
  plain(nesterov),
  adaptive(adagrad),
  adaptive(rmsprop),
  adaptive(adadelta),
  adaptive(adam),
  adaptive(amsgrad),
  adaptive(adamw),
  adaptive(adamL2),
  adaptive(adamax),
  adaptive(nadam),
  adaptive(nadamw),
  adaptive(nadamp),
  adaptive(generalizedAdam),
  adaptive(radam),
  adaptive(ademamix),
  adaptive(adamg),
  adaptive(adabelief),
  adaptive(yogi),
  adaptive(adan),
  adaptive(cautiousAdamw),
  adaptive(sophia),
  plain(lion),
  plain(cautiousLion),
  adaptive(rprop),
  plain(lars),
  adaptive(lamb),
  adaptive(amos),
  plain(dadaptSgd),
  adaptive(dadaptAdam),
  adaptive(prodigy),
  matrixEntry(adafactor),
  matrixEntry(shampoo),
  matrixEntry(distributedShampoo),
  matrixEntry(soap),
  matrixEntry(caspr),
  matrixEntry(muon),
  plain(scheduleFreeSgd),
  adaptive(scheduleFreeAdamw),
  adaptive(scheduleFreeRadam),
  adaptive(scheduleFreeProdigy),
  wrapperEntry(weightEma),
  wrapperEntry(lookahead),
  wrapperEntry(lawaQueue),
  wrapperEntry(lawaEma),
  wrapperEntry(diloco),
  overBases("sam", ruleEntry(momentum, false), (base) => closureEntry(sam(base))),
];

/**
 * The optimizer of a specification: that of its name, and of a wrapper the one over the base that its options
 * name.
 * @throws SteepestError `unknown-name`, with the nearest name
 */
export function optimizerOf({
  name,
  options,
}: {
  readonly name: string;
  readonly options: Readonly<Record<string, OptionValue>>;
}): RegistryEntry {
  const entry = findOptimizer(name);
  const base = options[baseOption];
  return entry.kind !== "matrix" && entry.over !== undefined && base !== undefined
    ? entry.over(String(base))
    : entry;
}

/**
 * The optimizer with this name; a wrapper is over its default base.
 * @throws SteepestError `unknown-name`, with the nearest name
 */
export function findOptimizer(name: string): RegistryEntry {
  const entry = registry.find((candidate) => candidate.name === name);
  if (entry === undefined)
    throw unknownName(
      "optimizer",
      name,
      registry.map((candidate) => candidate.name),
    );
  return entry;
}
