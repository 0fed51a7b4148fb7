import { SteepestError, unknownName } from "../errors.js";
import { checkHyper } from "../language/hyper.js";
import type { RuleDescription } from "../language/rule.js";
import { parameterRoles } from "../parameter.js";
import type { Schedule } from "../schedules/schedule.js";
import type { ClipSpec, NonFinitePolicy, OptimizerConfig } from "./config.js";

/** The hyper-parameter that schedules multiply. */
export const learningRate = "lr";

const policies: readonly NonFinitePolicy[] = ["throw", "skip", "ignore"];
const clips: readonly (keyof ClipSpec)[] = ["globalNorm", "value"];
const backends: readonly NonNullable<OptimizerConfig["backend"]>[] = ["wasm", "float64"];

/** @throws SteepestError `unknown-name` or `invalid-value` */
export function checkHypers(
  rule: Pick<RuleDescription, "name" | "hyper">,
  values: Readonly<Record<string, number>>,
): void {
  const names = Object.keys(rule.hyper);
  for (const [name, value] of Object.entries(values)) {
    const spec = names.includes(name) ? rule.hyper[name] : undefined;
    if (spec === undefined) throw unknownName(`hyper-parameter of ${rule.name}`, name, names);
    checkHyper(rule.name, name, spec, value);
  }
}

function checkMember(kind: string, name: string, names: readonly string[]): void {
  if (!names.includes(name)) throw unknownName(kind, name, names);
}

/** @throws SteepestError for any setting that cannot be, also for those that the types exclude */
export function checkConfig(rule: Pick<RuleDescription, "name" | "hyper">, config: OptimizerConfig): void {
  const { accumulate = 1, clip = {}, extraBytes = 0, groups = [] } = config;
  const invalid = (what: string, found: unknown, expected: string) =>
    new SteepestError("invalid-value", `${what} is ${String(found)}`, `Expected ${expected}`);
  if (!Number.isSafeInteger(accumulate) || accumulate < 1) {
    throw invalid("accumulate", accumulate, "a number of gradients: an integer >= 1");
  }
  for (const [name, limit] of Object.entries(clip)) {
    checkMember("clipping", name, clips);
    if (!(limit > 0)) throw invalid(`clip.${name}`, limit, "a number > 0, or leave it out");
  }
  if (!Number.isSafeInteger(extraBytes) || extraBytes < 0) {
    throw invalid("extraBytes", extraBytes, "an integer >= 0");
  }
  checkMember("policy nonFinite", config.nonFinite ?? "throw", policies);
  checkMember("backend", config.backend ?? "wasm", backends);
  for (const { roles = [], hyper = {} } of groups) {
    for (const role of roles) checkMember("role", role, parameterRoles);
    checkHypers(rule, hyper);
  }
  const scheduled = config.schedule !== undefined || groups.some(({ schedule }) => schedule !== undefined);
  if (scheduled && !Object.hasOwn(rule.hyper, learningRate)) {
    throw new SteepestError(
      "misuse",
      `${rule.name} has no step size ${learningRate} for a schedule to multiply`,
      "Leave the schedule out",
    );
  }
}

/** The schedule's factor. @throws SteepestError `invalid-value` where it is not finite and >= 0 */
export function scheduledFactor(schedule: Schedule, step: number): number {
  const factor = schedule(step);
  if (!(Number.isFinite(factor) && factor >= 0)) {
    throw new SteepestError(
      "invalid-value",
      `the schedule gives ${factor} at step ${step}`,
      "A schedule's factor must be finite and >= 0; nothing was changed",
    );
  }
  return factor;
}
