import { type OptimizerSpec, optimizerOf, type RegistryEntry, SteepestError } from "@steepest/optim";

/**
 * The hyper-parameters that are an optimizer's learning rate. Of a rule on matrices there may be another for
 * what is no matrix.
 */
const learningRateNames = (entry: RegistryEntry): readonly string[] =>
  (entry.kind === "matrix" ? entry.rule.learningRates : ["lr"]).filter((name) =>
    Object.hasOwn(entry.hyper, name),
  );

/** The learning rate of a race as an optimizer understands it. */
export interface LearningRate {
  /** The hyper-parameters that are it. */
  readonly names: readonly string[];
  /** Whether it is a factor of a step that the method finds itself, as Adadelta's, no step size. */
  readonly isFactor: boolean;
}

/**
 * The learning rate that a race may set; undefined for a method without one, and where the specification
 * names it.
 */
export function openLearningRate(spec: OptimizerSpec): LearningRate | undefined {
  const entry = optimizerOf(spec);
  const names = learningRateNames(entry);
  if (names.length === 0 || names.some((name) => spec.hyper[name] !== undefined)) return undefined;
  return { names, isFactor: isFactor(entry) };
}

/** Whether the learning rate is a factor of a step that the method finds itself. */
export const isFactor = ({ hyper }: RegistryEntry): boolean =>
  hyper.lr !== undefined && hyper.lr.kind !== "stepSize";

/** An optimizer as it enters a race. */
export interface Entrant {
  /** Every hyper-parameter that the race set, and those that were asked for. */
  readonly spec: OptimizerSpec;
  /** What the landscape sets in place of the method's own values. */
  readonly recommended: Readonly<Record<string, number>>;
}

/**
 * The specification with the race's learning rate and the landscape's recommendations filled in where it says
 * nothing. A factor of a step that the method finds itself keeps its own value, unless one was found for this
 * optimizer.
 */
export function entrant(
  spec: OptimizerSpec,
  setting: Readonly<Record<string, number>>,
  learningRate: number,
  found: number | undefined,
): Entrant {
  const entry = optimizerOf(spec);
  // A preset is a choice of the whole set, so that recommendations would undo it.
  const recommended = spec.preset === undefined ? setting : {};
  // Others have a hyper-parameter of that name which their present options leave without effect, or whose
  // range is another.
  const isTaken = ([name, value]: readonly [string, number]) => {
    try {
      entry.choose({ ...spec, hyper: { ...spec.hyper, [name]: value } });
      return true;
    } catch (error) {
      if (error instanceof SteepestError) return false;
      throw error;
    }
  };
  const effective = Object.fromEntries(
    Object.entries(recommended).filter((pair) => spec.hyper[pair[0]] === undefined && isTaken(pair)),
  );
  const own = entry.choose(spec).hyper;
  const open = openLearningRate(spec);
  const value = found ?? (open?.isFactor === true ? undefined : learningRate);
  return {
    spec: {
      ...spec,
      hyper: {
        ...effective,
        ...(open === undefined || value === undefined
          ? {}
          : Object.fromEntries(open.names.map((name) => [name, value]))),
        ...spec.hyper,
      },
    },
    recommended: Object.fromEntries(
      Object.entries(effective).filter(([name, set]) => own[name] !== undefined && own[name] !== set),
    ),
  };
}
