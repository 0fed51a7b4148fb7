import { unknownName } from "@steepest/optim";

/** How many bytes each copy of a parameter takes in training. */
export interface PrecisionPolicy {
  readonly name: string;
  readonly summary: string;
  /** Of a parameter as the forward pass reads it. */
  readonly parameter: number;
  readonly gradient: number;
  /** Of the copy that the optimizer updates beside it; 0 where it updates the parameter itself. */
  readonly master: number;
  /** Of a number of the optimizer's state. */
  readonly state: number;
  /** Of an activation: e in the formulas. */
  readonly activation: number;
  /** What the two halves are called in tables. */
  readonly label: string;
}

/** Every policy, the default first. */
export const precisionPolicies = [
  {
    ...{ name: "mixed-fp16", summary: "half precision, with parameters and state in fp32 beside it" },
    ...{ parameter: 2, gradient: 2, master: 4, state: 4, activation: 2, label: "fp16" },
  },
  {
    ...{ name: "mixed-bf16", summary: "the same with bfloat16" },
    ...{ parameter: 2, gradient: 2, master: 4, state: 4, activation: 2, label: "bf16" },
  },
  {
    ...{ name: "fp32", summary: "single precision throughout, as this program's own engine" },
    ...{ parameter: 4, gradient: 4, master: 0, state: 4, activation: 4, label: "fp32" },
  },
  {
    ...{ name: "bf16", summary: "bfloat16 throughout, also the state" },
    ...{ parameter: 2, gradient: 2, master: 0, state: 2, activation: 2, label: "bf16" },
  },
] as const satisfies readonly PrecisionPolicy[];

/**
 * The policy of this name.
 * @throws SteepestError `unknown-name`, with the nearest
 */
export function precisionPolicy(name: string): PrecisionPolicy {
  const found = precisionPolicies.find((policy) => policy.name === name);
  if (found !== undefined) return found;
  throw unknownName(
    "precision",
    name,
    precisionPolicies.map((policy) => policy.name),
  );
}
